"""
Machines of the tests: a Debian root, booted by systemd in the network of a lab's node.

Booting needs what FACTS of this kind of test need: root, systemd-nspawn, a cgroup hierarchy of its
own. Nothing is registered with the host, and everything ends with the first process.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache"
PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,python3-apt,iproute2,ca-certificates,curl,procps,chrony,"
    "prometheus,prometheus-alertmanager"
)
DATABASE_PACKAGES = (
    "systemd,systemd-sysv,dbus,python3,python3-apt,iproute2,ca-certificates,procps,chrony,"
    "postgresql-common,pg-auto-failover-cli,postgresql-17-auto-failover"
)
"""What the roles ``common`` and ``database`` install on a Debian 13."""

PAIR_PACKAGES = f"{DATABASE_PACKAGES},curl,prometheus,prometheus-alertmanager,victoria-metrics"
"""And the role ``monitoring``."""

BOOT_S = 120.0

_BOOT = """
mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd
umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec systemd-nspawn --quiet --register=no --keep-unit --directory="$0" \
    --network-namespace-path="$1" --hostname=device --resolv-conf=off $2 --boot
"""


def base_of(suite: str, kind: str = "fleet", packages: str = PACKAGES) -> Path:
    """Return an archive of a Debian root with what the roles would install from a registry."""
    archive = CACHE / f"debian-{suite}-{kind}.tar"
    if not archive.exists():
        CACHE.mkdir(exist_ok=True)
        root = CACHE / f"root-{suite}-{kind}"
        shutil.rmtree(root, ignore_errors=True)
        command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, str(root)]
        mirror = _mirror(suite)
        subprocess.run([*command, *mirror], check=True, stdout=subprocess.DEVNULL)
        part = archive.with_suffix(".part")
        subprocess.run(["tar", "-C", str(root), "-cf", str(part), "."], check=True)
        part.rename(archive)
        shutil.rmtree(root)
    return archive


def _mirror(suite: str) -> list[str]:
    """The mirror that this machine itself uses, if any."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"],
        check=False,
        capture_output=True,
        text=True,
    )
    words = [line.split() for line in done.stdout.splitlines()]
    return [fields[2] for fields in words if fields[:2] == [suite, "main"]][:1]


def unpacked(suite: str, folder: Path, *, base: Path | None = None) -> Path:
    """Return a fresh root in a folder, made from a base."""
    root = folder / f"root-{suite}"
    root.mkdir(parents=True)
    subprocess.run(["tar", "-C", str(root), "-xf", str(base or base_of(suite))], check=True)
    root.chmod(0o755)
    (root / "etc" / "machine-id").write_text("", encoding="utf-8")
    # The clock is this machine's own: no server could be asked for the time, and the collector's
    # unit would wait two minutes for one at every boot.
    (root / "etc" / "systemd" / "system" / "chrony-wait.service").symlink_to("/dev/null")
    return root


@contextmanager
def booted(root: Path, network: str, log: Path, *options: str) -> Iterator[int]:
    """
    Boot a root in a network namespace; yields the number of its first process. ``options`` are
    systemd-nspawn's.
    """
    pid_file = root.with_name(root.name + ".pid")
    with log.open("wb") as out:
        nspawn = subprocess.Popen(
            [
                *("unshare", "--mount", "--propagation", "private", "sh", "-ec", _BOOT),
                *(root, network, " ".join(options)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    first = 0
    try:
        first = _first_process(nspawn, log)
        pid_file.write_text(f"{first}\n", encoding="utf-8")
        _wait_for_system(first, log)
        yield first
    finally:
        pid_file.unlink(missing_ok=True)
        # SIGTERM would ask the machine to shut down in good order; it ends here at once, its first
        # process too, which may outlive the one that started it, and all others with that.
        if first:
            os.kill(first, signal.SIGKILL)
        os.killpg(nspawn.pid, signal.SIGKILL)
        nspawn.wait()


def inside(first: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a booted machine."""
    command = ["nsenter", f"--target={first}", "--all", "--root", "--wd=/", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _first_process(nspawn: "subprocess.Popen[bytes]", log: Path) -> int:
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline:
        assert nspawn.poll() is None, log.read_text(errors="replace")
        children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text("ascii").split()
        for child in children:
            if Path(f"/proc/{child}/comm").read_text("utf-8").strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    raise AssertionError(f"no first process came up: {log.read_text(errors='replace')}")


def _wait_for_system(first: int, log: Path) -> None:
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline:
        state = inside(first, "systemctl", "is-system-running").stdout.strip()
        if state in {"running", "degraded"}:
            return
        time.sleep(0.2)
    raise AssertionError(f"the machine did not come up: {log.read_text(errors='replace')}")
