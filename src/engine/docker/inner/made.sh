# What is made in a container beside the process's own work is noted, and taken away at the end. Expects: home. A line of the file `made`
# there: d DIRECTORY · f FILE (gone when empty) · m MOUNT · l LINK · h KEPT HIDDEN (what a link hid, and where it was)

# A directory with its parents; notes those that were not there.
make_directory() {
    case $1 in '' | /) return ;; esac
    [ -d "$1" ] && return
    make_directory "${1%/*}"
    mkdir "$1" && echo "d $1" >>"$home/made"
}

# Takes back what was noted, the last first.
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
            "l "*) [ ! -L "$path" ] || rm -f "$path" ;;
            "h "*) [ -e "${path#* }" ] || mv "${path%% *}" "${path#* }" ;;
            "d "*)
                # Sockets that nobody listens on any more would keep it.
                for socket in "$path"/*; do
                    [ ! -S "$socket" ] || rm -f "$socket"
                done
                [ ! -d "$path" ] || rmdir "$path" 2>/dev/null
                ;;
        esac
    done
    return 0
}
