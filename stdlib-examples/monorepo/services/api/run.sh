#!/bin/sh
. /lib/greeting.sh
greeting "the API"
