const assert = require("node:assert");
const test = require("node:test");
const { greeting } = require("./greeting");

test("somebody is greeted", () => assert.strictEqual(greeting("Ada"), "Hello, Ada!"));
