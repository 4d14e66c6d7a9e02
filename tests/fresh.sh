#!/bin/bash
# fresh.sh [run|check|deb]...: proves the promise that `make run` and `make check` each work as the very first command on a
# fresh machine. For each of them (both by default) it makes a minimal Debian root that holds nothing but git and make,
# clones the last commit into it and runs the command there. deb installs the packages of `make deb` there instead. Not part of `make check`: needs root, debootstrap and a
# Debian mirror, and takes minutes.
#   FRESH_DIR=DIR   where the roots live (/var/tmp/orrery-fresh); DIR/base is kept for the next time
#   FRESH_KEEP=1    keeps the root that was used
#   SUITE, MIRROR   bookworm, and where apt of this machine has its packages from
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck disable=SC2016 # a format of apt, not of the shell
dir=${FRESH_DIR:-/var/tmp/orrery-fresh} suite=${SUITE:-bookworm} mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -1)}
[ "$(id -u)" = 0 ] || { echo "fresh.sh: must be root, for chroot and debootstrap" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "fresh.sh: debootstrap is missing (apt-get install debootstrap)" >&2; exit 2; }

mkdir -p "$dir"
if [ ! -e "$dir/base/.complete" ]; then
    rm -rf "$dir/base"
    debootstrap --variant=minbase --include=git,make "$suite" "$dir/base" "$mirror" >"$dir/debootstrap.log" ||
        { tail -20 "$dir/debootstrap.log" >&2; exit 1; }
    touch "$dir/base/.complete"
fi

# One command in a root of its own. Namespaces of its own too: when it ends, its mounts and processes are gone.
try() { # name command
    local root=$dir/$1 rc=0
    rm -rf --one-file-system "$root"
    cp -a "$dir/base" "$root"
    cp -L /etc/resolv.conf "$root/etc/" # the network and apt as on this machine
    cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
    git clone -q --bare "$here" "$root/orrery.git"
    [ "$1" != deb ] || cp "$here"/build/deb/*.deb "$root/"
    cat >"$root/first-command" <<-END
	#!/bin/bash
	set -eu
	mount -t proc proc /proc
	mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
	ln -sf pts/ptmx /dev/ptmx
	mount -t tmpfs tmpfs /dev/shm 2>/dev/null || true
	cd && git clone -q /orrery.git orrery && cd orrery
	set -o pipefail
	$2
	END
    chmod +x "$root/first-command"
    echo "== a fresh Debian $suite with git and make: $2"
    local start=$SECONDS
    unshare --mount --pid --fork --kill-child chroot "$root" \
        /usr/bin/env -i HOME=/root TERM=xterm PATH=/usr/sbin:/usr/bin:/sbin:/bin /first-command || rc=$?
    echo "== exit $rc after $((SECONDS - start)) s"
    [ -n "${FRESH_KEEP:-}" ] || rm -rf --one-file-system "$root"
    return $rc
}
[ $# -gt 0 ] || set -- run check
status=0
for what in "$@"; do
    case $what in
    run) try run 'make run </dev/null | cat' || status=1 ;;
    check) try check 'make check' || status=1 ;;
    deb)
        make -s -C "$here" deb || exit 1
        try deb 'apt-get -qq update; apt-get install -qq -y --no-install-recommends /orrery_*.deb >/dev/null 2>&1
	cd /; orrery doctor; orrery open --example </dev/null | head -12' || status=1 ;;
    *) echo "usage: fresh.sh [run|check|deb]..." >&2; exit 2 ;;
    esac
done
exit $status
