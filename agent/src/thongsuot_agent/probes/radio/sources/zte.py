"""ZTE by its web interface (goform); 5G models show the signal after a login."""

from hashlib import sha256
from urllib.parse import urlencode

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.reading import ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors import zte
from thongsuot_agent.probes.radio.web_session import WebSession, parse_json
from thongsuot_agent.secret_file import read_secret
from thongsuot_schema.reason import Reason

_GET, _SET = "/goform/goform_get_cmd_process", "/goform/goform_set_cmd_process"
_WELL = frozenset({"0", "4"})
"""Logged in; already logged in."""


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the values of the names that are known here."""
    web = WebSession(link, settings)
    headers = {"Referer": f"{web.base}/"}
    try:
        if settings.password_file:
            await _log_in(web, read_secret(settings.password_file), headers)
        query = urlencode({"isTest": "false", "multi_data": "1", "cmd": ",".join(zte.NAMES)})
        answer = parse_json(await web.get(f"{_GET}?{query}", headers))
    finally:
        web.close()
    if not any(answer.get(name) for name in ("network_type", "lte_rsrp", "Z5g_rsrp", "nr5g_rsrp")):
        raise ModemUnreadable(Reason.PERMISSION_DENIED, "the modem shows no signal without a login")
    return zte.reading_from(answer)


async def _log_in(web: WebSession, password: str, headers: dict[str, str]) -> None:
    query = urlencode({"isTest": "false", "cmd": "LD"})
    salt = parse_json(await web.get(f"{_GET}?{query}", headers)).get("LD", "")
    inner = sha256(password.encode()).hexdigest().upper()
    hashed = sha256(f"{inner}{salt}".encode()).hexdigest().upper()
    form = urlencode({"isTest": "false", "goformId": "LOGIN", "password": hashed})
    answer = parse_json(await web.post(_SET, form, headers))
    if str(answer.get("result")) not in _WELL:
        raise ModemUnreadable(Reason.PERMISSION_DENIED, "the modem refuses the login")
