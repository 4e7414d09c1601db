"""ZTE by its web interface (goform); 5G models show the signal after a login."""

from hashlib import sha256
from urllib.parse import urlencode

from thongsuot_agent.devices.secret import read_secret
from thongsuot_agent.links.link import Link
from thongsuot_agent.radio.makers import zte
from thongsuot_agent.radio.reading import Reading
from thongsuot_agent.radio.refusal import NotRead
from thongsuot_agent.radio.settings import Settings
from thongsuot_agent.radio.web import Web, json_of
from thongsuot_schema.reason import Reason

_GET, _SET = "/goform/goform_get_cmd_process", "/goform/goform_set_cmd_process"
_WELL = frozenset({"0", "4"})
"""Logged in; already logged in."""


async def read(link: Link, settings: Settings) -> Reading:
    """Return what the names that are known here hold."""
    web = Web(link, settings)
    headers = {"Referer": f"{web.base}/"}
    try:
        if settings.password_file:
            await _log_in(web, read_secret(settings.password_file), headers)
        query = urlencode({"isTest": "false", "multi_data": "1", "cmd": ",".join(zte.NAMES)})
        said = json_of(await web.get(f"{_GET}?{query}", headers))
    finally:
        web.close()
    if not any(said.get(name) for name in ("network_type", "lte_rsrp", "Z5g_rsrp", "nr5g_rsrp")):
        raise NotRead(Reason.PERMISSION_DENIED, "the modem shows no signal without a login")
    return zte.reading_from(said)


async def _log_in(web: Web, password: str, headers: dict[str, str]) -> None:
    query = urlencode({"isTest": "false", "cmd": "LD"})
    salt = json_of(await web.get(f"{_GET}?{query}", headers)).get("LD", "")
    inner = sha256(password.encode()).hexdigest().upper()
    hashed = sha256(f"{inner}{salt}".encode()).hexdigest().upper()
    form = urlencode({"isTest": "false", "goformId": "LOGIN", "password": hashed})
    answer = json_of(await web.post(_SET, form, headers))
    if str(answer.get("result")) not in _WELL:
        raise NotRead(Reason.PERMISSION_DENIED, "the modem refuses the login")
