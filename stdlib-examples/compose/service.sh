#!/bin/sh
# The store is there: compose starts the service when the store is healthy.
mkdir -p /www
wget -q -O /www/index.html http://store:8081/greeting
exec httpd -f -p 8080 -h /www
