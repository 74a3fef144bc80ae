const http = require("node:http");
const { greeting } = require("./greeting");

http
  .createServer((request, response) => response.end(greeting(request.url.slice(1) || "world") + "\n"))
  .listen(8080);
