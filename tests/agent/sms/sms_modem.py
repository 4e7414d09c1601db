"""A pseudo-terminal that takes text messages as a modem does: PIN, prompt, PDU, error codes."""

import os
import threading
import tty
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ENTER, END_OF_TEXT, ESCAPE = b"\r", b"\x1a", b"\x1b"


@dataclass
class SmsModem:
    """
    ``pin`` is what the SIM wants, empty: nothing. ``errors`` are answered, one to a message, before
    any is taken (``+CMS ERROR: 331``); an empty one takes it. ``is_mute``: it takes the text and
    never says what became of it. ``taken`` are the PDUs that it has sent.
    """

    pin: str = ""
    errors: list[str] = field(default_factory=list)
    is_mute: bool = False
    has_echo: bool = True
    taken: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    device: str = ""
    _length: int = 0

    def __enter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        # An agent is an ordinary user, of a group that may open the modem.
        Path(self.device).chmod(0o666)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._slave)
        self._thread.join()
        os.close(self._master)

    def _serve(self) -> None:
        waiting = b""
        while True:
            try:
                waiting += os.read(self._master, 256)
            except OSError:  # the last one has closed the other side
                return
            waiting = self._work(waiting)

    def _work(self, waiting: bytes) -> bytes:
        while True:
            mark = (END_OF_TEXT if self._length else ENTER) if waiting else b""
            if self._length and ESCAPE in waiting:
                self._length, waiting = 0, waiting.partition(ESCAPE)[2]
                self._say("\r\nOK\r\n")
                continue
            if not mark or mark not in waiting:
                return waiting
            part, _, waiting = waiting.partition(mark)
            text = part.decode("ascii").strip()
            if self._length:
                self._take(text)
            elif text:
                self._command(text)

    def _command(self, text: str) -> None:
        self.commands.append(text)
        if self.has_echo:
            self._say(f"{text}\r")
        if text == "ATE0":
            self.has_echo = False
        elif text == "AT+CPIN?":
            self._say(f"\r\n+CPIN: {'SIM PIN' if self.pin else 'READY'}\r\n")
        elif text.startswith("AT+CPIN="):
            if text != f'AT+CPIN="{self.pin}"':
                self._say("\r\n+CME ERROR: 16\r\n")
                return
            self.pin = ""
        elif text.startswith("AT+CMGS="):
            if self.pin:
                self._say("\r\n+CMS ERROR: 311\r\n")
                return
            self._length = int(text.removeprefix("AT+CMGS="))
            self._say("\r\n> ")
            return
        elif text not in {"AT+CMEE=1", "AT+CMGF=0"}:
            self._say("\r\nERROR\r\n")
            return
        self._say("\r\nOK\r\n")

    def _take(self, pdu: str) -> None:
        length, self._length = self._length, 0
        error = self.errors.pop(0) if self.errors else ""
        if len(pdu) != 2 * (length + 1):
            error = "+CMS ERROR: 304"
        if self.is_mute:
            return
        if error:
            self._say(f"\r\n{error}\r\n")
            return
        self.taken.append(pdu)
        self._say(f"\r\n+CMGS: {len(self.taken)}\r\n\r\nOK\r\n")

    def _say(self, text: str) -> None:
        # In pieces, as a slow port brings it.
        data = text.encode()
        for at in range(0, len(data), 3):
            os.write(self._master, data[at : at + 3])


def read_pdu(pdu: str) -> tuple[str, str]:
    """Return number and text of an SMS-SUBMIT, read by the letter of TS 23.040."""
    octets = bytes.fromhex(pdu)
    assert octets[0] == 0, "the service centre of the SIM"
    assert octets[1] == 0x01, "SMS-SUBMIT without validity period"
    count, kind = octets[3], octets[4]
    size = (count + 1) // 2
    halves = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in octets[5 : 5 + size])
    number = ("+" if kind == 0x91 else "") + halves[:count]
    protocol, coding, length = octets[5 + size : 8 + size]
    assert protocol == 0
    body = octets[8 + size :]
    if coding == 0x08:
        assert length == len(body)
        return number, body.decode("utf-16-be")
    assert coding == 0x00
    bits = "".join(f"{octet:08b}"[::-1] for octet in body)
    septets = [bits[at : at + 7][::-1] for at in range(0, 7 * length, 7)]
    return number, "".join(chr(int(septet, 2)) for septet in septets)
