# Takes away what the step itself did not make. Expects: home, cgroup, and in `keep` whether the data root was closed as it should be.

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
