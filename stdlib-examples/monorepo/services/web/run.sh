#!/bin/sh
. /lib/greeting.sh
greeting "the web"
