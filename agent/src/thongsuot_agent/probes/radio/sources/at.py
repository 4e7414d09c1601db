"""
AT commands on a serial port.

The port has one user at a time: it is locked during a reading, and not used while another program
has it. If ModemManager runs, query that instead.
"""

import asyncio
import fcntl
import os
import termios
from collections.abc import Callable

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.reasons import described
from thongsuot_agent.probes.radio.at.transcript import COMMANDS, COMMON, reading_from
from thongsuot_agent.probes.radio.reading import ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_schema.reason import Reason

_ENDS = ("OK", "ERROR", "+CME ERROR", "+CMS ERROR", "NO CARRIER", "COMMAND NOT SUPPORT")
_ANSWER_S = 5.0
"""Most answer in 0.3 s; a modem that is searching may take seconds."""
_READ_BYTES = 4096
_LIMIT_BYTES = 64 * 1024
_VENDORS = ("quectel", "fibocom", "sierra", "simcom", "foxconn")


class SerialPort:
    """A serial port, open and locked."""

    def __init__(self, device: str, baud: int) -> None:
        """Raises ``ModemUnreadable`` if it cannot be opened or locked."""
        try:
            self._file = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            reason = Reason.PERMISSION_DENIED
            if isinstance(error, FileNotFoundError):
                reason = Reason.INTERFACE_ABSENT
            raise ModemUnreadable(reason, f"cannot open {device}: {described(error)}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _make_raw(self._file, baud)
        except (OSError, termios.error) as error:
            os.close(self._file)
            raise ModemUnreadable(
                Reason.LINK_BUSY, f"{device} cannot be used now: {error}"
            ) from error

    def close(self) -> None:
        """Close and unlock it."""
        os.close(self._file)

    async def send_command(self, command: str, timeout_s: float) -> str:
        """Return the answer to a command, up to the last line; raises ``TimeoutError``."""
        return await self.exchange(f"{command}\r".encode(), is_ended, timeout_s)

    async def exchange(
        self, sent: bytes, is_over: Callable[[bytearray], bool], timeout_s: float
    ) -> str:
        """
        Return the received text when ``is_over`` accepts it; raises ``TimeoutError``.
        """
        termios.tcflush(self._file, termios.TCIFLUSH)
        os.write(self._file, sent)
        heard = bytearray()
        async with asyncio.timeout(timeout_s):
            while not is_over(heard) and len(heard) < _LIMIT_BYTES:
                await self._readable()
                try:
                    heard += os.read(self._file, _READ_BYTES)
                except BlockingIOError:
                    continue
        return heard.decode("ascii", "replace").replace("\r", "")

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._file, _set, ready)
        try:
            await ready
        finally:
            loop.remove_reader(self._file)


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the answers of the modem at the port."""
    del link
    port = SerialPort(settings.device, settings.baud)
    try:
        make = settings.make or await _vendor(port)
        transcript = []
        for command in (*COMMANDS.get(make, ()), *COMMON):
            try:
                transcript.append(await port.send_command(command, _ANSWER_S))
            except TimeoutError:
                continue  # a command whose answer does not end properly is ignored
        if not transcript:
            raise ModemUnreadable(
                Reason.TIMED_OUT, f"the modem at {settings.device} answers nothing"
            )
    except OSError as error:  # it was unplugged
        raise ModemUnreadable(
            Reason.INTERFACE_ABSENT, f"{settings.device}: {described(error)}"
        ) from error
    finally:
        port.close()
    return reading_from("\n".join(transcript))


async def _vendor(port: SerialPort) -> str:
    try:
        answer = (await port.send_command("AT+CGMI", _ANSWER_S)).lower()
    except TimeoutError as error:
        raise ModemUnreadable(Reason.TIMED_OUT, "the modem does not answer AT commands") from error
    return next((make for make in _VENDORS if make in answer), "")


def _make_raw(file: int, baud: int) -> None:
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise termios.error(f"no such speed: {baud}")
    before = termios.tcgetattr(file)
    control = list(before[6])
    flags = termios.CS8 | termios.CREAD | termios.CLOCAL
    termios.tcsetattr(file, termios.TCSANOW, [0, 0, flags, 0, speed, speed, control])


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


def is_ended(heard: bytearray) -> bool:
    """Return whether the last line of an answer has arrived."""
    lines = heard.decode("ascii", "replace").replace("\r", "\n").split("\n")
    return heard.endswith((b"\n", b"\r")) and any(line.strip().startswith(_ENDS) for line in lines)
