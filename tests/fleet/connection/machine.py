"""
Ansible's way into a machine of the tests: a booted one by its first process, else a root by chroot.

``ansible_host`` is the folder of the root. Where ``FOLDER.pid`` names a process, that is the
machine's first one and all its namespaces are entered; without it the root is only being made.
"""

import subprocess
from pathlib import Path

from ansible.errors import AnsibleError  # type: ignore[import-untyped]
from ansible.plugins.connection import ConnectionBase  # type: ignore[import-untyped]

DOCUMENTATION = """
name: machine
short_description: a machine of the tests
description: A booted systemd-nspawn machine by its first process, else a root by chroot.
author: Thông Suốt
options:
  root:
    description: The folder of the root.
    vars:
      - name: inventory_hostname
      - name: ansible_host
"""


_CHROOT = 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"'
"""A root that is being made has its /proc, for as long as a command runs in it."""


class Connection(ConnectionBase):  # type: ignore[misc]
    """One machine; every command is a process of its own in it."""

    transport = "machine"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]
    has_pipelining = True

    def _connect(self) -> "Connection":
        self._root = Path(str(self.get_option("root")))
        if not (self._root / "usr").is_dir():
            raise AnsibleError(f"no machine at {self._root}")
        self._connected = True
        return self

    def _inside(self) -> list[str]:
        first = self._root.with_name(self._root.name + ".pid")
        if first.exists():
            pid = first.read_text(encoding="utf-8").strip()
            return ["nsenter", f"--target={pid}", "--all", "--root", "--wd=/"]
        return ["unshare", "--mount", "sh", "-ec", _CHROOT, str(self._root)]

    def exec_command(
        self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
    ) -> tuple[int, bytes, bytes]:
        """Run a command."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        done = subprocess.run(
            [*self._inside(), "/bin/sh", "-c", cmd], input=in_data, capture_output=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file to the machine."""
        super().put_file(in_path, out_path)
        command = [*self._inside(), "/bin/sh", "-c", 'cat > "$0"', out_path]
        subprocess.run(command, input=Path(in_path).read_bytes(), check=True)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file from the machine."""
        super().fetch_file(in_path, out_path)
        done = subprocess.run([*self._inside(), "cat", in_path], capture_output=True, check=True)
        Path(out_path).write_bytes(done.stdout)

    def close(self) -> None:
        """Nothing stays open."""
        self._connected = False
