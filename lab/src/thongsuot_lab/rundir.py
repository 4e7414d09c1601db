"""
The directory of a running lab's sockets, logs and description, and how other processes find it.

``/run/thongsuot-lab/PREFIX`` for root; below ``XDG_RUNTIME_DIR``, or else ``/tmp``, for others. The
lock in it is held by the lab's keeper: a directory with a free lock belongs to a dead lab.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path

from thongsuot_lab.errors import LabError, UnknownLabError
from thongsuot_lab.spaces.keeper import LOCK
from thongsuot_lab.spaces.privilege import outer_user

NAME = "thongsuot-lab"
STATE = "state.json"
# A keeper takes its lock within milliseconds after its directory was made.
STARTING_S = 60.0


def home() -> Path:
    """Return the directory of this user's labs."""
    if Path("/run").is_dir() and os.access("/run", os.W_OK):
        return Path("/run") / NAME
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / NAME
    # Outside, root of a user namespace is an ordinary user, and the directories must differ.
    return Path("/tmp") / f"{NAME}-{outer_user(os.getuid())}"


def create(prefix: str | None) -> Path:
    """
    Make a directory for a lab, after removing those of dead labs.

    Raises:
        LabError: a lab with this prefix is running.
    """
    remove_dead()
    home().mkdir(mode=0o755, parents=True, exist_ok=True)
    chosen = prefix or f"lab-{secrets.token_hex(3)}"
    try:
        (home() / chosen).mkdir(mode=0o755)
    except FileExistsError:
        raise LabError(f"a lab with the prefix {chosen!r} is already there: {home()}") from None
    return home() / chosen


def is_alive(run_dir: Path) -> bool:
    """Return whether a keeper holds the lock of this directory."""
    try:
        descriptor = os.open(run_dir / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # A shared lock: several processes may look at once without seeing each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def running() -> list[str]:
    """Return the prefixes of the running labs, sorted."""
    if not home().is_dir():
        return []
    return sorted(entry.name for entry in home().iterdir() if is_alive(entry))


def select_running(prefix: str | None) -> str:
    """
    Return the selected lab: the one named, or the only one that runs.

    Raises:
        UnknownLabError: no lab of that name runs; or no name was given, and not exactly one lab
            runs.
    """
    alive = running()
    if prefix is not None and prefix not in alive:
        raise UnknownLabError(
            f"no lab {prefix!r} is running; running: {', '.join(alive) or 'none'}"
        )
    if prefix is None and len(alive) != 1:
        raise UnknownLabError(
            f"say which with --lab: {', '.join(alive)}" if alive else "no lab is running"
        )
    return prefix or alive[0]


def keeper_pid(prefix: str) -> int:
    """Return the process id of the keeper of a running lab."""
    pid: int = json.loads((home() / prefix / STATE).read_text())["keeper_pid"]
    return pid


def remove_dead() -> list[str]:
    """Remove the directories of dead labs; return their prefixes."""
    if not home().is_dir():
        return []
    dead = [entry for entry in home().iterdir() if is_dead(entry)]
    for entry in dead:
        shutil.rmtree(entry, ignore_errors=True)
    return sorted(entry.name for entry in dead)


def remove(run_dir: Path) -> None:
    """Remove the directory of a lab that could not be built."""
    shutil.rmtree(run_dir, ignore_errors=True)


def is_dead(entry: Path) -> bool:
    """Return whether a directory is left over: its keeper has ended, or was never started."""
    if (entry / LOCK).exists():
        return not is_alive(entry)
    # Without a lock file, the keeper is just starting or was never started.
    try:
        return time.time() - entry.stat().st_mtime > STARTING_S
    except FileNotFoundError:
        return False
