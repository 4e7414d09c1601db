#!/bin/sh
# The two commands of the README from nothing: in a new Debian 13 root with no more than Python and git,
# a clone of HEAD is given `./run demo` and `./run test`, as a newcomer would give them.
#
#   ./run fresh                       both commands
#   ./run fresh demo                  one of them
#   ./run fresh test tests/schema     only these tests
#
# Needs root and debootstrap. The root shares this machine's kernel and network; its mounts and processes
# live in namespaces of their own and end with it, whatever happens.
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
. tools/install.sh

SUITE=trixie
BASE=$CACHE/debian-$SUITE-python3-git.tar

[ "$(id -u)" -eq 0 ] || fail 'only root can make a new Debian root'
need debootstrap:debootstrap util-linux:unshare git:git

root=$(mktemp -d "${TMPDIR:-/var/tmp}/thongsuot-fresh.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT TERM HUP

# shellcheck disable=SC2016  # the dollars are apt's own
# The mirror that this machine itself uses, if it is a Debian; else what debootstrap takes by itself.
mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
    sed -n "s/^$SUITE main //p" | head -n 1) || mirror=

if ! [ -e "$BASE" ]; then
    quietly "making a Debian root with python3 and git (kept in $BASE)" \
        debootstrap --variant=minbase --include=python3,git "$SUITE" "$root" ${mirror:+"$mirror"}
    rm -f "$root"/var/cache/apt/archives/*.deb
    tar -C "$root" -cf "$BASE.part" .
    mv "$BASE.part" "$BASE"
else
    tar -C "$root" -xf "$BASE"
fi

# Ordinary users live in it as well.
chmod 755 "$root"

# What this machine needs to reach anything: name servers, proxies, certificates.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump 2>/dev/null | grep -iE '^Acquire::https?::.*proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
passed=
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL PIP_EXTRA_INDEX_URL \
    PIP_DEFAULT_TIMEOUT UV_DEFAULT_INDEX UV_INDEX; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || passed="$passed $name=$value"
done
if [ -n "${SSL_CERT_FILE:-${PIP_CERT:-}}" ]; then
    cp "${SSL_CERT_FILE:-$PIP_CERT}" "$root/etc/machine-certificates.pem"
    passed="$passed SSL_CERT_FILE=/etc/machine-certificates.pem PIP_CERT=/etc/machine-certificates.pem"
fi

git clone --quiet --no-hardlinks . "$root/thongsuot"
mkdir -p "$root/before"
say "a clone of $(git rev-parse --short HEAD) in a new Debian $SUITE"

# A mount and a process namespace: when its first process ends, every mount and every process in it does.
# pivot_root rather than chroot: inside a chroot the kernel allows no user namespaces, and `ip netns` needs
# a root that is a mount.
cat >"$root/enter" <<'ENTER'
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cd "$root"
pivot_root . before
exec chroot . sh -c 'umount -l /before && cd /thongsuot && exec "$@"' sh "$@"
ENTER
# shellcheck disable=SC2086  # a list of assignments without spaces in them
unshare --mount --pid --fork --kill-child sh "$root/enter" "$root" env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" CI=true $passed \
    python3 tools/fresh_inside.py "$@"
