"""ModemManager on a D-Bus of its own: python-dbusmock's template, and what it lacks added to it."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_PYTHON = "/usr/bin/python3"  # dbusmock is a package of Debian's Python
_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/><allow send_type="method_call"/>
</policy></busconfig>
"""
_SET_UP = Path(__file__).with_name("bus_modem.py")
_READY_WITHIN_S = 180.0


@contextlib.contextmanager
def modem_manager(folder: Path) -> Iterator[str]:
    """Yield the address of a bus on which a modem with both legs can be asked."""
    for program in ("dbus-daemon", "busctl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    if subprocess.run([_PYTHON, "-c", "import dbusmock"], check=False).returncode:
        pytest.skip("python3-dbusmock is not installed")
    socket = folder / "bus"
    config = folder / "bus.conf"
    config.write_text(_CONFIG.format(socket=socket))
    address = f"unix:path={socket}"
    environment = {"DBUS_SYSTEM_BUS_ADDRESS": address, "PATH": "/usr/bin:/bin"}
    with contextlib.ExitStack() as running:

        def start(*command: str) -> None:
            process = subprocess.Popen(command, env=environment)
            running.callback(process.wait)
            running.callback(process.terminate)

        start("dbus-daemon", f"--config-file={config}", "--nofork")
        _wait(socket.exists)
        start(_PYTHON, "-m", "dbusmock", "--system", "-t", "modemmanager")
        _wait(lambda: _is_set_up(environment))
        yield address


def _is_set_up(environment: dict[str, str]) -> bool:
    done = subprocess.run(
        [_PYTHON, str(_SET_UP)], env=environment, check=False, capture_output=True
    )
    return done.returncode == 0


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _READY_WITHIN_S
    while not is_so():
        assert time.monotonic() < until, "ModemManager's stand-in did not come up"
        time.sleep(0.05)
