# Fills the volume of a kit, which is mounted at $KIT. Runs in a container of the helper image, in a POSIX shell with the usual small
# programs (coreutils or busybox), as root, without network. Ends with 64 when the image cannot serve, and says why.
#
# A program finds its loader by an absolute path inside it, and its libraries through the loader's own rules. Neither holds in another
# image, and no variable may carry them: `runc init` starts without an environment, from a copy of itself. So both are written into the
# program: the loader's path is replaced by a shorter one, the directory of the libraries goes behind it into the same field, and the
# entry of the dynamic section that only debuggers use becomes an RPATH that points there. Nothing moves and no file grows.
#
#   bin/      on PATH: the daemon and its programs, and the `docker` that is found by users
#   cli/      the real `docker` and its plugins
#   xtables/  what iptables loads
#   0, 1, …   loaders; l0, l1, … the libraries of each

set -eu

fail() {
    echo "$*" >&2
    exit 64
}

# Signed 64-bit words of a file: path, offset, bytes.
words() {
    od -An -v -t d8 -j "$2" -N "$3" "$1"
}

# A number as 8 bytes, the lowest first.
bytes() {
    number=$1
    for _ in 1 2 3 4 5 6 7 8; do
        printf "\\$(printf %03o $((number & 255)))"
        number=$((number >> 8))
    done
}

# Writes standard input into a file: path, offset.
patch() {
    dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# Reads a file's program headers into dynamic_at, dynamic_size, interp_at, interp_address, interp_size. False when it is no ELF file.
headers() {
    dynamic_at='' interp_at=''
    # shellcheck disable=SC2046 # words are wanted
    set -- "$1" $(words "$1" 0 64)
    [ $# = 9 ] && [ $(($2 & 0xffffffff)) = $((0x464c457f)) ] || return 1
    # Class 2 is 64 bits, data 1 is little-endian.
    [ $((($2 >> 32) & 0xffff)) = $((0x0102)) ] || fail "$1 is not made for a 64-bit little-endian machine"
    # shellcheck disable=SC2046
    set -- $(words "$1" "$6" $((($9 & 0xffff) * 56)))
    while [ $# -ge 7 ]; do
        case $(($1 & 0xffffffff)) in
            2) dynamic_at=$2 dynamic_size=$5 ;;
            3) interp_at=$2 interp_address=$3 interp_size=$5 ;;
        esac
        shift 7
    done
}

# Finds in the dynamic section of the last `headers`: strings_address, and offsets in the file of entries: search_paths, debug, spare.
dynamic() {
    search_paths='' debug='' spare='' strings_address=''
    at=$dynamic_at
    # shellcheck disable=SC2046
    set -- $(words "$1" "$dynamic_at" "$dynamic_size")
    while [ $# -ge 2 ]; do
        case $1 in
            5) strings_address=$2 ;;
            15 | 29) search_paths="$search_paths $at" ;;
            21) debug=$at ;;
            0)
                # The last entry ends the section, those before it are free.
                [ $# -lt 4 ] || spare=$at
                break
                ;;
        esac
        at=$((at + 16))
        shift 2
    done
}

# Takes a library's own search path away, which would come before that of the program.
plain_library() {
    headers "$1" && [ -n "$dynamic_at" ] || return 0
    dynamic "$1"
    for entry in $search_paths; do
        { bytes 21; bytes 0; } | patch "$1" "$entry"
    done
}

# Copies a library into $libraries: path, name.
library() {
    [ -e "$libraries/$2" ] && return
    cp -L "$1" "$libraries/$2"
    chmod 755 "$libraries/$2"
    plain_library "$libraries/$2"
}

# Copies what a program or plugin loads: path. Uses $loader and $libraries.
needed_by() {
    "$loader" --list "$1" >"$KIT/.list" || fail "the libraries of $1 could not be found"
    while read -r name arrow path _; do
        [ "$arrow" = '=>' ] || continue
        case $name in */*) continue ;; esac
        [ "$path" != not ] || fail "$1 needs $name, which is not there"
        # musl's loader is the C library itself.
        [ -e "$path" ] && [ "$(readlink -f "$path")" != "$loader" ] || continue
        library "$path" "$name"
    done <"$KIT/.list"
    rm "$KIT/.list"
}

loaders=''

# Sets $loader, $set and $libraries for a loader's path, and copies the loader if it is a new one.
with_loader() {
    loader=$(readlink -f "$1")
    set=0
    for known in $loaders; do
        [ "$known" = "$loader" ] && break
        set=$((set + 1))
    done
    libraries=$KIT/l$set
    [ -d "$libraries" ] && return
    loaders="$loaders $loader"
    mkdir "$libraries"
    cp "$loader" "$KIT/$set"
    chmod 755 "$KIT/$set"
    # The C library loads these by itself, when it looks up names.
    for path in "$(dirname "$loader")"/libnss_dns.so.2 "$(dirname "$loader")"/libnss_files.so.2 "$(dirname "$loader")"/libresolv.so.2; do
        [ ! -e "$path" ] || library "$path" "$(basename "$path")"
    done
}

# Makes a copied program independent of the image that it runs in: the copy, the original.
relocate() {
    headers "$1" || return 0
    [ -n "$interp_at" ] || return 0
    with_loader "$(dd if="$1" bs=1 skip="$interp_at" count=$((interp_size - 1)) 2>/dev/null)"
    needed_by "$2"
    headers "$1"
    dynamic "$1"
    entries=${search_paths:-${debug:-$spare}}
    [ -n "$entries" ] && [ -n "$strings_address" ] || fail "$2 has no room for a search path"
    new=$KIT/$set
    [ $((${#new} + ${#libraries} + 2)) -le "$interp_size" ] || fail "$2 has no room for another loader's path"
    printf '%s\000%s\000' "$new" "$libraries" | patch "$1" "$interp_at"
    for entry in $entries; do
        { bytes 15; bytes $((interp_address + ${#new} + 1 - strings_address)); } | patch "$1" "$entry"
    done
}

# Copies a program: path, directory, name.
program() {
    cp -L "$1" "$2/$3"
    chmod 755 "$2/$3"
    relocate "$2/$3" "$(readlink -f "$1")"
}

# Copies a program of PATH into bin/. False when there is none.
take() {
    found=$(command -v "$1") || return 1
    program "$found" "$KIT/bin" "$1"
}

# What an earlier try left.
rm -rf "${KIT:?}"/* "$KIT"/.list
mkdir "$KIT/bin" "$KIT/cli" "$KIT/xtables"

for name in dockerd containerd containerd-shim-runc-v2 runc docker-proxy; do
    take $name || fail "it holds no $name"
done
take docker-init || echo "without docker-init" >&2

# nft or legacy: the one of the image, unless only the other works with this kernel.
tables=iptables
command -v iptables >/dev/null || fail "it holds no iptables"
if ! iptables -w -nL >/dev/null 2>&1; then
    for other in iptables-legacy iptables-nft; do
        ! $other -w -nL >/dev/null 2>&1 || tables=$other
    done
fi
multi=$(readlink -f "$(command -v $tables)")
case ${multi##*/} in
    *-multi)
        program "$multi" "$KIT/bin" "${multi##*/}"
        for name in iptables ip6tables; do
            for part in '' -save -restore; do
                ln -s "${multi##*/}" "$KIT/bin/$name$part"
            done
        done
        ;;
    *)
        for name in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
            take $name || :
        done
        ;;
esac
for dir in /usr/lib/*/xtables /usr/lib64/xtables /usr/lib/xtables /lib/*/xtables /lib/xtables; do
    [ -d "$dir" ] || continue
    headers "$multi" && [ -n "$interp_at" ] || break
    with_loader "$(dd if="$multi" bs=1 skip="$interp_at" count=$((interp_size - 1)) 2>/dev/null)"
    # Those of arptables and ebtables are of no use here.
    for path in "$dir"/libxt_*.so "$dir"/libip*t_*.so; do
        [ -e "$path" ] || continue
        cp -L "$path" "$KIT/xtables/"
        plain_library "$KIT/xtables/${path##*/}"
    done
    break
done

found=$(command -v docker) || fail "it holds no docker"
program "$found" "$KIT/cli" docker
for plugin in docker-compose docker-buildx; do
    for dir in /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
        [ -e "$dir/cli-plugins/$plugin" ] || continue
        program "$dir/cli-plugins/$plugin" "$KIT/cli" "$plugin"
        break
    done
done
[ ! -e "$KIT/cli/docker-compose" ] || ln -s ../cli/docker-compose "$KIT/bin/docker-compose"
printf '%s' "$DOCKER_WRAPPER" >"$KIT/bin/docker"
chmod 755 "$KIT/bin/docker"

# Everything has to start from where it lies now.
export XTABLES_LIBDIR="$KIT/xtables"
for name in bin/dockerd bin/containerd bin/runc bin/iptables cli/docker; do
    "$KIT/$name" --version >/dev/null || fail "its ${name#*/} does not start from a copy"
done
