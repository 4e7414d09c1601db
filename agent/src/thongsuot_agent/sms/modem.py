"""
Modem: sends one text message by AT commands (3GPP TS 27.007; TS 27.005, 3.5.1).

The port is opened for the few seconds that it takes, as for a reading of the radio, and locked.
"""

import asyncio
import re
from typing import Final

from thongsuot_agent.errors import AgentError
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_agent.probes.radio.sources.at import SerialPort, is_ended
from thongsuot_agent.secret_file import SecretUnusable, read_secret
from thongsuot_agent.sms.pdu import Pdu

_ANSWER_S: Final = 5.0
_NETWORK_S: Final = 60.0
"""TS 27.005 has no limit; a network that searches for its centre takes half a minute."""
_END_OF_TEXT: Final = b"\x1a"
_ESCAPE: Final = b"\x1b"
_PIN: Final = re.compile(r"\+CPIN:\s*([A-Z0-9 -]+)")
_ERROR: Final = re.compile(r"\+CM[SE] ERROR:\s*(\S[^\n]*)|^ERROR", re.MULTILINE)

_MEANINGS: Final = {
    "10": "no SIM",
    "11": "the SIM wants its PIN",
    "12": "the SIM wants its PUK",
    "16": "wrong PIN",
    "27": "destination out of service",
    "38": "network out of order",
    "41": "temporary failure",
    "42": "congestion",
    "50": "the SIM may not send text messages",
    "310": "no SIM",
    "311": "the SIM wants its PIN",
    "330": "the service centre is not known",
    "331": "no network service",
    "500": "unknown error",
}
"""TS 27.007, 9.2.1, and TS 27.005, 3.2.5."""


class SmsNotSent(AgentError):
    """
    The modem or the network did not accept a text message; the reason is without numbers or PIN.

    ``sent`` is the number of messages accepted before.
    """

    sent = 0


class WrongPin(SmsNotSent):
    """The SIM refused the PIN: it is not tried again, because the SIM would lock itself."""


async def send_texts(device: str, baud: int, pin_file: str, pdus: list[Pdu]) -> None:
    """
    Send text messages, in order.

    Raises:
        WrongPin: the SIM refuses the PIN.
        SmsNotSent: any other reason; the messages before it are sent.
    """
    try:
        port = SerialPort(device, baud)
    except ModemUnreadable as error:
        raise SmsNotSent(str(error)) from error
    sent = 0
    try:
        await _command(port, "ATE0")
        await _command(port, "AT+CMEE=1")
        await _unlock(port, pin_file)
        await _command(port, "AT+CMGF=0")
        for pdu in pdus:
            await _send(port, pdu)
            sent += 1
    except (SmsNotSent, TimeoutError, OSError) as error:
        refused = _as_not_sent(error, device)
        refused.sent = sent
        raise refused from error
    finally:
        port.close()


def _as_not_sent(error: Exception, device: str) -> SmsNotSent:
    if isinstance(error, SmsNotSent):
        return error
    if isinstance(error, TimeoutError):
        return SmsNotSent(f"the modem at {device} does not answer in time")
    return SmsNotSent(f"the modem at {device} is gone: {error}")


async def _unlock(port: SerialPort, pin_file: str) -> None:
    state = _PIN.search(await _command(port, "AT+CPIN?"))
    wanted = "" if state is None else state.group(1).strip()
    if wanted == "READY":
        return
    if wanted != "SIM PIN" or not pin_file:
        raise WrongPin(f"the SIM wants {wanted or 'something'} and no `pin_file` has it")
    pin = await asyncio.to_thread(_read_pin, pin_file)
    answer = await port.send_command(f'AT+CPIN="{pin}"', _ANSWER_S)
    if _ERROR.search(answer):
        raise WrongPin(_complaint(answer))


def _read_pin(pin_file: str) -> str:
    try:
        pin = read_secret(pin_file)
    except SecretUnusable as error:
        raise WrongPin(str(error)) from error
    if not (pin.isdigit() and 4 <= len(pin) <= 8):
        raise WrongPin(f"{pin_file} holds no PIN")
    return pin


async def _send(port: SerialPort, pdu: Pdu) -> None:
    prompt = await port.exchange(f"AT+CMGS={pdu.length}\r".encode(), _is_prompted, _ANSWER_S)
    if not prompt.rstrip().endswith(">"):
        raise SmsNotSent(_complaint(prompt))
    try:
        sent = pdu.text.encode() + _END_OF_TEXT
        answer = await port.exchange(sent, is_ended, _NETWORK_S)
    except TimeoutError:
        # Otherwise the modem would take the next command for the text.
        await port.exchange(_ESCAPE, lambda _: True, _ANSWER_S)
        raise
    if "+CMGS:" not in answer or _ERROR.search(answer):
        raise SmsNotSent(_complaint(answer))


async def _command(port: SerialPort, command: str) -> str:
    answer = await port.send_command(command, _ANSWER_S)
    if _ERROR.search(answer):
        raise SmsNotSent(_complaint(answer))
    return answer


def _is_prompted(heard: bytearray) -> bool:
    return heard.rstrip(b" ").endswith(b">") or is_ended(heard)


def _complaint(answer: str) -> str:
    match = _ERROR.search(answer)
    code = "" if match is None else (match.group(1) or "").strip()
    if not code:
        return "the modem says ERROR"
    meaning = _MEANINGS.get(code, "")
    return f"the modem says error {code}" + (f" ({meaning})" if meaning else "")
