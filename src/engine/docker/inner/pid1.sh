# The first process of a WITH DOCKER step's container: does what its standard input says, and ends everything when that ends, so that
# nothing outlives the client. Runs in dash, bash and busybox.
#
# Requests, line by line:
#   file MODE PATH   writes a file; its content follows
#   run ID           runs a script beside the others; its text follows
#   sweep ID         kills every other process of the container
# A text is lines for `printf %b`, to be put together without their ends, and a line with a dot alone.
#
# Answers, line by line:
#   out ID LINE      a script's output
#   end ID CODE      a script's end
home=/run/rbuild

text() {
    while IFS= read -r line; do
        [ "$line" = . ] && return
        printf %b "$line"
    done
    return 1
}

run() {
    {
        (eval "$2") 2>&1 </dev/null
        printf '\nrbuild-end %s\n' "$?"
    } | while IFS= read -r line; do
        case $line in
            "rbuild-end "*) printf 'end %s %s\n' "$1" "${line#rbuild-end }" ;;
            *) printf 'out %s %s\n' "$1" "$line" ;;
        esac
    done
}

# A daemon that is asked in time leaves its data as it should be.
stop_daemon() {
    [ -e "$home/docker.pid" ] || return
    read -r daemon <"$home/docker.pid"
    kill -TERM "$daemon" 2>/dev/null
    tries=0
    while kill -0 "$daemon" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -gt 100 ] && return
        sleep 0.05 || sleep 1
    done
    rm -f "$home/data/dirty"
}

others() {
    set -- /proc/[0-9]*
    [ $# -gt 2 ]
}

serve() {
    while IFS= read -r request; do
        case $request in
            "file "*)
                rest=${request#file }
                (umask 077 && text >"${rest#* }") && chmod "${rest%% *}" "${rest#* }"
                ;;
            "run "*)
                script=$(text)
                run "${request#run }" "$script" &
                ;;
            "sweep "*)
                kill -KILL -1
                tries=0
                while others && [ "$tries" -lt 200 ]; do
                    tries=$((tries + 1))
                    sleep 0.01 || sleep 1
                done
                printf 'end %s 0\n' "${request#sweep }"
                ;;
        esac
    done
    stop_daemon
}

# Whoever waits also buries the processes that lost their parents.
exec 3<&0
serve <&3 &
exec 3<&- </dev/null
wait "$!"
