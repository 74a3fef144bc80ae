# Takes away what the step itself did not make. Expects: home, cgroup, and in `keep` whether the data root was closed as it should be.

undo() {
    [ -e "$home/made" ] || return 0
    reversed=
    while IFS= read -r line; do
        reversed="$line
$reversed"
    done <"$home/made"
    printf %s "$reversed" | while IFS= read -r line; do
        path=${line#? }
        case $line in
            "m "*) umount "$path" ;;
            "f "*) [ -s "$path" ] || rm -f "$path" ;;
            "d "*)
                # Sockets that nobody listens on any more would keep it.
                for socket in "$path"/*; do
                    [ ! -S "$socket" ] || rm -f "$socket"
                done
                [ ! -d "$path" ] || rmdir "$path" 2>/dev/null
                ;;
        esac
    done
}

# How much memory the container needed at most, on cgroup v2 and v1. Says: memory BYTES
tell_memory() {
    for file in "$1/memory.peak" "$1/memory/memory.max_usage_in_bytes"; do
        if [ -r "$file" ] && read -r bytes <"$file"; then
            echo "memory $bytes"
            return
        fi
    done
}

leave() {
    tell_memory "$cgroup"
    undo
    [ "$keep" = 1 ] && rm -f "$home/data/dirty"
    umount -l "$home/data"
    umount -l "$home"
    rmdir "$home/data" "$home" 2>/dev/null
    return 0
}
