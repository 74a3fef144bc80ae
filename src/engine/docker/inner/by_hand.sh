# Readies the container of a process that somebody works with, and takes away what that process did not make. The container has no
# privileges, so nothing can be mounted in it. Expects: home, workdir, and for `prepare` the function `files`, which calls `place` for
# each secret.

# A directory with its parents; notes those that were not there.
make_directory() {
    case $1 in '' | /) return ;; esac
    [ -d "$1" ] && return
    make_directory "${1%/*}"
    mkdir "$1" && echo "d $1" >>"$home/made"
}

# Lets the path $2 lead to the file $1; what is there comes back later.
place() {
    make_directory "${2%/*}"
    if [ -e "$2" ] || [ -L "$2" ]; then
        hidden=$((hidden + 1))
        mv "$2" "$home/hidden-$hidden" || exit 1
        echo "h $home/hidden-$hidden $2" >>"$home/made"
    fi
    ln -s "$1" "$2" || exit 1
    echo "l $2" >>"$home/made"
}

prepare() {
    hidden=0
    files
    mkdir -p "$workdir"
}

leave() {
    [ -e "$home/made" ] || return 0
    reversed=
    while IFS= read -r line; do
        reversed="$line
$reversed"
    done <"$home/made"
    printf %s "$reversed" | while IFS= read -r line; do
        path=${line#? }
        case $line in
            "l "*) [ ! -L "$path" ] || rm -f "$path" ;;
            "h "*) [ -e "${path#* }" ] || mv "${path%% *}" "${path#* }" ;;
            "d "*) rmdir "$path" 2>/dev/null ;;
        esac
    done
    return 0
}
