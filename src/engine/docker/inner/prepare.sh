# Readies the container. Expects: home, kit (where one is mounted), nonce (where the data root is a directory of the client), cgroup, boot (where the boot's id is read), workdir, and the function `files`, which calls
# `place` for each secret. Says: unfit WHY (and no more) · daemon PATH · cli PATH ·
# root new|clean|dirty|replaced · config LINE

# On cgroup v2 a group with processes of its own gives its controllers to no group below it, and containers need them.
leave_root_cgroup() {
    [ -e "$1/cgroup.controllers" ] || return 0
    mkdir -p "$1/rbuild" || return 0
    tries=0
    while [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        left=0
        while read -r process; do
            left=1
            echo "$process" >>"$1/rbuild/cgroup.procs"
        done <"$1/cgroup.procs" 2>/dev/null
        [ "$left" = 1 ] || break
    done
    read -r controllers <"$1/cgroup.controllers"
    for controller in $controllers; do
        echo "+$controller" >>"$1/cgroup.subtree_control"
    done 2>/dev/null
    return 0
}

# Puts the file $1 at the path $2.
place() {
    make_directory "${2%/*}"
    if [ ! -e "$2" ]; then
        : >"$2" && echo "f $2" >>"$home/made"
    fi
    mount --bind "$1" "$2" || exit 1
    echo "m $2" >>"$home/made"
}

# What daemons leave behind beside their data, where it was not there before.
note_absent() {
    for path in /var/run/docker.sock /run/xtables.lock; do
        [ -e "$path" ] || echo "f $path" >>"$home/made"
    done
    for path in /etc/docker /run/docker /run/docker/plugins /run/containerd /run/containerd/s \
        /opt/containerd /opt/containerd/bin /opt/containerd/lib /var/lib/docker; do
        [ -e "$path" ] || echo "d $path" >>"$home/made"
    done
}

# The state that the last user left the data root in; marks it as in use.
open_root() {
    read -r now <"$boot"
    if [ ! -d "$home/data/docker" ]; then
        echo "root new"
    elif [ ! -e "$home/data/dirty" ]; then
        echo "root clean"
    else
        read -r then <"$home/data/dirty"
        if [ "$now" = "$then" ]; then
            echo "root dirty"
        else
            rm -rf "$home/data/docker" "$home/data/images"
            echo "root replaced"
        fi
    fi
    mkdir -p "$home/data/docker"
    echo "$now" >"$home/data/dirty"
    sync "$home/data/dirty" 2>/dev/null
    return 0
}

# Whether the client's directory is the one that is mounted here, and overlays can lie in it. Says: unfit WHY
is_fit() {
    [ -n "$nonce" ] || return 0
    found=
    read -r found 2>/dev/null <"$home/data/nonce"
    if [ "$found" != "$nonce" ]; then
        echo "unfit the engine sees another directory there"
        return 1
    fi
    command -v mount >/dev/null || return 0
    probe=$home/data/probe
    rm -rf "$probe"
    mkdir -p "$probe/lower" "$probe/upper" "$probe/work" "$probe/whole"
    layers="lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work"
    if mount -t overlay -o "$layers" overlay "$probe/whole" 2>/dev/null && : >"$probe/whole/file"; then
        fit=1
        umount "$probe/whole"
    else
        fit=0
        umount "$probe/whole" 2>/dev/null
        echo "unfit its file system takes no overlay"
    fi
    rm -rf "$probe"
    [ "$fit" = 1 ]
}

prepare() {
    is_fit || return 0
    leave_root_cgroup "$cgroup"
    [ -z "$kit" ] || printf 'd %s\nm %s\n' "$kit" "$kit" >>"$home/made"
    make_directory /var/run
    note_absent
    files
    mkdir -p "$workdir"
    open_root
    daemon=$(command -v dockerd) && echo "daemon $daemon"
    cli=$(command -v docker) && echo "cli $cli"
    rm -f /var/run/docker.sock
    if [ -r /etc/docker/daemon.json ]; then
        while IFS= read -r line || [ -n "$line" ]; do
            echo "config $line"
        done </etc/docker/daemon.json
    fi
    return 0
}
