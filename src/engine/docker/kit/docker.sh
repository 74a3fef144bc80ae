#!/bin/sh
# The `docker` of a kit. The real one looks for its plugins in the image's own directories and in the user's configuration, and neither
# is ours to write to. So a plugin of the kit is started from here, unless the image or the user has one of that name.
kit=/run/rbk

first=''
skip=''
for word; do
    if [ -n "$skip" ]; then
        skip=''
        continue
    fi
    case $word in
        -H | --host | -c | --context | --config | -l | --log-level | --tlscacert | --tlscert | --tlskey) skip=yes ;;
        -*) ;;
        *)
            first=$word
            break
            ;;
    esac
done
plugin=$kit/cli/docker-$first
case $first in
    '' | */*) exec "$kit/cli/docker" "$@" ;;
esac
[ -x "$plugin" ] || exec "$kit/cli/docker" "$@"
for dir in "${DOCKER_CONFIG:-${HOME:-/root}/.docker}" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
    [ ! -x "$dir/cli-plugins/docker-$first" ] || exec "$kit/cli/docker" "$@"
done

# A plugin that is started by itself takes no word for its name, and the options of `docker` from the environment.
while [ "$1" != "$first" ]; do
    case $1 in
        -H | --host) DOCKER_HOST=$2 && export DOCKER_HOST && shift ;;
        --host=*) DOCKER_HOST=${1#*=} && export DOCKER_HOST ;;
        -c | --context) DOCKER_CONTEXT=$2 && export DOCKER_CONTEXT && shift ;;
        --context=*) DOCKER_CONTEXT=${1#*=} && export DOCKER_CONTEXT ;;
        --config) DOCKER_CONFIG=$2 && export DOCKER_CONFIG && shift ;;
        --config=*) DOCKER_CONFIG=${1#*=} && export DOCKER_CONFIG ;;
        -D | --debug | --log-level=*) ;;
        -l | --log-level) shift ;;
        *)
            echo "docker $first: the option $1 is not supported with rbuild's own docker; use the environment instead" >&2
            exit 125
            ;;
    esac
    shift
done
shift
exec "$plugin" "$@"
