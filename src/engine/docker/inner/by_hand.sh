# Readies the container of a process that somebody works with. It has no privileges, so nothing can be mounted in it. Expects: home,
# workdir, and the function `files`, which calls `place` for each secret.

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
