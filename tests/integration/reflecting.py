"""``thongsuot-collector reflector`` at the far end of a lab, as a process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thongsuot_lab.lab import Lab

PROGRAM = str(Path(sys.executable).with_name("thongsuot-collector"))


@contextmanager
def reflecting(lab: Lab, folder: Path, table: str, *, node: str = "anchor") -> Iterator[str]:
    """Run it with a table ``[reflector]``; what it says of where it listens."""
    config = folder / "reflector.toml"
    config.write_text(f"[reflector]\n{table}\n")
    process = lab.node(node).popen(
        [PROGRAM, "reflector", "--config", str(config)], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.startswith("reflector: "), line
        try:
            yield line.removeprefix("reflector: ").strip()
        finally:
            process.terminate()
