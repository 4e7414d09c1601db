"""
Restores a backup again and again, each time into a new folder, and each time killed a step later.

``python -m tests.collector.backup.restore_killer BACKUP FOLDER``: the folders are ``FOLDER/1`` and
so on; the last restore is not killed. A process of its own, because it forks.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from thongsuot_collector.backup.restore import restore_backup

_STEPS = ("open", "os.mkdir", "os.remove", "os.rename", "os.chmod", "shutil.copyfile")
"""What Python announces before it does it (``sys.addaudithook``)."""


def restore_until(step: int, backup: Path, root: Path) -> None:
    """Restore, and be killed before a step that concerns a file below ``root``."""
    left = step

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in _STEPS and any(str(root) in str(argument) for argument in arguments):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    restore_backup(backup, root=root)


def main(backup: Path, folder: Path) -> None:
    """Restore with one more step each time, until it is done before that."""
    for step in count(1):
        process = os.fork()
        if not process:
            restore_until(step, backup, folder / str(step))
            os._exit(0)
        _, status = os.waitpid(process, 0)
        if not status:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL, status


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
