#!/bin/sh
# Published ports are on this machine's own address, as anywhere else.
tries=30
until answer=$(wget -q -O - http://127.0.0.1:8080/); do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { docker compose logs; exit 1; }
    sleep 1
done
echo "the service says: $answer"
[ "$answer" = "Hello from the store!" ]
