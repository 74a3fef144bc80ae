# Takes away what the step itself did not make. Expects: home, and in `keep` whether the data root was closed as it should be.

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
            "d "*) [ ! -d "$path" ] || rmdir "$path" 2>/dev/null ;;
        esac
    done
}

leave() {
    undo
    [ "$keep" = 1 ] && rm -f "$home/data/dirty"
    umount -l "$home/data"
    umount -l "$home"
    rmdir "$home/data" "$home" 2>/dev/null
    return 0
}
