#!/usr/bin/env bash
# Swift on a machine without Apple: Debian 13 ("trixie") packages Swift 6, so this keeps a small Debian of its own
# and runs commands inside it. Where a Swift 6 is on PATH (a Mac, a Swift container), that one is used instead.
#
#   swift.sh check               exit status 0 if `run` would work
#   swift.sh install             makes the Debian root (about 3.5 GB, a few minutes; nothing to do if it is there)
#   swift.sh run DIR -- CMD...   runs CMD in DIR, for example: swift.sh run build/ios -- swift build
#
# The root is ${DEPLOYKIT_TOOLCHAINS:-~/.cache/deploykit/toolchains}/swift-trixie. Inside it DIR is /work.
set -euo pipefail

root="${DEPLOYKIT_TOOLCHAINS:-$HOME/.cache/deploykit/toolchains}/swift-trixie"
stamp="$root/.deploykit-ready-2" # written last; raise the number when the packages below change
packages=(swiftlang libc6-dev libstdc++-14-dev libonnxruntime-dev)

die() {
    echo "swift.sh: $*" >&2
    exit 1
}

swift_on_path() {
    command -v swift >/dev/null && swift --version 2>/dev/null | grep -Eq 'Swift version ([6-9]|[1-9][0-9])\.'
}

can_mount() {
    [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null
}

need_root() {
    can_mount || die "needs root that may mount and chroot (sudo, or docker run --cap-add SYS_ADMIN);" \
        "or put a Swift 6 on PATH (https://www.swift.org/install)"
}

# Runs a command inside the root. The mounts live in a mount namespace of their own and end with the command.
inside() {
    local dir="$1"
    shift
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount --propagation private bash -c '
        set -euo pipefail
        root="$1" dir="$2"
        shift 2
        mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" # swiftc finds its libraries by /proc/self/exe
        # A compiler that is told to write there as root, and fails, removes it; SwiftPM cannot start anything then.
        [ -c "$root/dev/null" ] || { rm -f "$root/dev/null" && mknod -m 666 "$root/dev/null" c 1 3; }
        if [ -n "$dir" ]; then mount --bind "$dir" "$root/work"; fi
        exec chroot "$root" /usr/bin/env -C /work HOME=/root LANG=C.UTF-8 \
            PATH=/usr/libexec/swift/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
    ' inside "$root" "$dir" "$@"
}

check() {
    swift_on_path || { [ -f "$stamp" ] && can_mount; }
}

bootstrap() {
    if [ -e "$root" ]; then
        echo "swift.sh: $root is half made, making it again"
        ! mountpoint -q "$root/proc" || umount "$root/proc"
        rm -rf --one-file-system "$root"
    fi
    mkdir -p "$(dirname "$root")"
    debootstrap --variant=minbase trixie "$root"
    mkdir -p "$root/work"
}

install() {
    if swift_on_path; then
        echo "swift.sh: $(swift --version 2>/dev/null | head -1) is on PATH, nothing to install"
        return
    fi
    if [ -f "$stamp" ]; then
        echo "swift.sh: ready in $root"
        return
    fi
    need_root
    command -v apt-get >/dev/null || die "no apt-get here: put a Swift 6 on PATH (https://www.swift.org/install)"
    if ! command -v debootstrap >/dev/null; then
        apt-get update -q
        apt-get install -yq --no-install-recommends debootstrap
    fi
    if compgen -G "$root/.deploykit-ready-*" >/dev/null; then
        echo "swift.sh: adding to $root what an earlier version of this script did not need"
        inside "" apt-get update -q
    else
        bootstrap
    fi
    inside "" apt-get install -yq --no-install-recommends "${packages[@]}"
    inside "" apt-get clean
    inside "" swift --version
    touch "$stamp"
}

run() {
    [ $# -ge 3 ] && [ "$2" = -- ] || die "usage: swift.sh run DIR -- CMD..."
    local dir
    dir="$(cd "$1" && pwd -P)"
    shift 2
    if swift_on_path; then
        cd "$dir"
        exec "$@"
    fi
    [ -f "$stamp" ] || die "no Swift here yet: run $0 install"
    need_root
    inside "$dir" "$@"
}

command="${1:-}"
[ $# = 0 ] || shift
case "$command" in
check) check ;;
install) install ;;
run) run "$@" ;;
*) die "usage: swift.sh check | install | run DIR -- CMD..." ;;
esac
