"""
A new root with only Python and git, and a clone of HEAD in it.

It shares this machine's kernel and network. Its mounts and processes live in namespaces of their
own and end with the first process, whatever happens.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.fresh.releases import Release

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
CLONE = "thongsuot"
CERTIFICATES = "/etc/machine-certificates.pem"

PASSED_ON = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "UV_DEFAULT_INDEX"),
    "UV_INDEX",
)
"""How this machine reaches the registries. Nothing else of its configuration is known inside."""

# pivot_root rather than chroot: inside a chroot the kernel allows no user namespaces, and
# `ip netns` needs a root that is a mount.
_ENTER = """
set -eu
root=$0
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
cd "$root"
pivot_root . before
exec chroot . sh -c 'umount -l /before && cd /thongsuot && exec "$@"' sh "$@"
"""


def base_archive(
    release: Release, mirrors: Mapping[str, str], *, accept_expired: bool = False
) -> Path:
    """
    Return an archive of the release's new root; mmdebstrap makes it if there is none yet.

    ``accept_expired`` accepts the expired index of a mirror that is no longer updated.

    Raises:
        LookupError: its packages are not available from here.
        RuntimeError: mmdebstrap failed; its first error is the message.
    """
    archive = CACHE / f"fresh-{release.name}.tar"
    if archive.exists():
        return archive
    source = release.source(mirrors)
    CACHE.mkdir(exist_ok=True)
    part = archive.with_suffix(".part.tar")
    done = subprocess.run(
        [
            *("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase"),
            *(("--aptopt=Acquire::Check-Valid-Until false",) if accept_expired else ()),
            *("--include=python3,git", release.suite, str(part)),
            *([source] if source else []),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        part.unlink(missing_ok=True)
        errors = [line[3:] for line in done.stderr.splitlines() if line.startswith("E: ")]
        reason = errors[0].rstrip(".") if errors else f"it ended with {done.returncode}"
        raise RuntimeError(f"mmdebstrap {release.suite}: {reason}")
    part.rename(archive)
    return archive


@contextmanager
def new_root(archive: Path) -> Iterator[Path]:
    """
    Unpack a root with a clone of HEAD and this machine's access to registries; remove it
    afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="thongsuot-fresh.", dir="/var/tmp") as made:
        root = Path(made)
        subprocess.run(["tar", "-C", made, "-xf", str(archive)], check=True)
        root.chmod(0o755)  # ordinary users need access as well
        (root / "before").mkdir()
        _connect(root)
        subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(root / CLONE)], check=True
        )
        yield root


def _connect(root: Path) -> None:
    for file in ("resolv.conf", "hosts"):
        place = root / "etc" / file
        place.unlink(missing_ok=True)
        shutil.copyfile(f"/etc/{file}", place)
    shown = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    proxies = [
        line
        for line in shown.stdout.splitlines()
        if line.lower().startswith(("acquire::http::proxy", "acquire::https::proxy"))
    ]
    (root / "etc/apt/apt.conf.d/90proxy").write_text("\n".join([*proxies, ""]), encoding="utf-8")
    if certificates := os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT"):
        shutil.copyfile(certificates, f"{root}{CERTIFICATES}")


def enter(root: Path, command: Sequence[str]) -> int:
    """Run a command in the clone inside the root, as root, to its end; return its exit code."""
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "TERM": os.environ.get("TERM", "dumb"),
        "CI": "true",
        **{name: os.environ[name] for name in PASSED_ON if os.environ.get(name)},
    }
    if Path(f"{root}{CERTIFICATES}").exists():
        environment |= {"SSL_CERT_FILE": CERTIFICATES, "PIP_CERT": CERTIFICATES}
    done = subprocess.run(
        [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER),
            *(str(root), *command),
        ],
        env=environment,
        check=False,
    )
    return done.returncode
