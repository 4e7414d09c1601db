"""
ModemManager on a D-Bus of its own: python-dbusmock, fed with the modem's state by a program that
runs in Debian's Python (``modem_objects.py``).

The real ModemManager needs a port that speaks QMI, MBIM or AT; a TUN does not.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from thongsuot_lab.errors import TopologyError

_PYTHON: Final = "/usr/bin/python3"  # dbusmock is a package of Debian's Python
_PROGRAM: Final = Path(__file__).with_name("modem_objects.py")
_CONFIG: Final = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow eavesdrop="true"/>
<allow send_destination="*" eavesdrop="true"/><allow send_type="method_call"/>
</policy></busconfig>
"""


class ModemState(msgspec.Struct, frozen=True, kw_only=True):
    """
    The state of a modem as ModemManager publishes it; ``plmn`` is empty while the modem is in no
    network, ``bearer_error`` (the name of a D-Bus error) while the bearer has no error.
    """

    is_present: bool
    sim_state: str
    registration: str
    plmn: str
    is_connected: bool
    interface: str
    apn: str = "internet"
    bearer_error: str = ""


def bus_socket(run_dir: Path, node: str) -> Path:
    """Return the socket of the bus at a modem's node."""
    return run_dir / f"modem-{node}.bus"


@cache
def is_installed() -> bool:
    """Return whether this machine has everything that the bus needs."""
    if shutil.which("dbus-daemon") is None or shutil.which("busctl") is None:
        return False
    return not subprocess.run(
        [_PYTHON, "-c", "import dbusmock"], check=False, capture_output=True
    ).returncode


class ModemBus:
    """The bus of one modem; its programs end with the process that started them."""

    def __init__(self, run_dir: Path, node: str) -> None:
        socket = bus_socket(run_dir, node)
        config = socket.with_suffix(".conf")
        config.write_text(_CONFIG.format(socket=socket))
        environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={socket}", "PATH": "/usr/bin:/bin"}
        self._log = socket.with_suffix(".log")
        log = self._log.open("wb")
        self._told: ModemState | None = None
        self._child = subprocess.Popen(
            [_PYTHON, str(_PROGRAM), str(config), str(socket)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
        )
        log.close()

    def publish(self, state: ModemState) -> None:
        """Publish this state."""
        if state == self._told:
            return
        self._told = state
        stdin = self._child.stdin
        assert stdin is not None, "it was started with a pipe"
        stdin.write(msgspec.json.encode(state) + b"\n")
        stdin.flush()

    def wait_until_shown(self) -> None:
        """
        Wait until the bus shows the state that was published first.

        Raises:
            TopologyError: a program of the bus ended instead.
        """
        stdout = self._child.stdout
        assert stdout is not None, "it was started with a pipe"
        if not stdout.readline():
            raise TopologyError(f"the modem's D-Bus did not start: see {self._log}")

    def close(self) -> None:
        """End its programs."""
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None, "it was started with pipes"
            pipe.close()
        self._child.wait()
