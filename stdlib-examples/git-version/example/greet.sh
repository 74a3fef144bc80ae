#!/bin/sh
. /etc/version
echo "Hello from $VERSION!"
