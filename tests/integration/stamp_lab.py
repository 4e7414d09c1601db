"""The collector's reflector and the agent's sender, as processes and coroutines in one lab."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.agent.links.device import ANCHOR4, FIXED, anchor, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.stamp.probe import Settings, run
from thongsuot_lab.lab import Lab
from thongsuot_schema.result import Family, Finding

KEY = "a-key-of-the-whole-city"
_PROGRAM = str(Path(sys.executable).with_name("thongsuot-collector"))


def key_file(folder: Path) -> Path:
    """Write the key down as both sides want it."""
    path = folder / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o640)
    return path


@contextmanager
def reflector(lab: Lab, folder: Path, table: str, host: str = ANCHOR4) -> Iterator[int]:
    """Run ``thongsuot-collector reflector`` at the far end; its port."""
    config = folder / "reflector.toml"
    shown = f"[{host}]" if ":" in host else host
    config.write_text(f'[reflector]\nstamp_address = "{shown}:0"\n{table}\n')
    process = lab.node("anchor").popen(
        [_PROGRAM, "reflector", "--config", str(config)], stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.startswith("reflector: UDP port "), line
        try:
            yield int(line.split()[-1])
        finally:
            process.terminate()


def measure(lab: Lab, settings: Settings, family: Family = Family.IP4) -> Finding:
    """Make one run on the device, over the fixed link."""

    async def once(monitor: LinkMonitor) -> Finding:
        return await run(monitor.links["fixed"], anchor(), family, settings)

    return on_device(lab, once, (FIXED,))
