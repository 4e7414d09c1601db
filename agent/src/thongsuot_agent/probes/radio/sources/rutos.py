"""Teltonika RutOS 7 by its API, which shows the NR leg that SNMP does not."""

import msgspec

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.reading import ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors import rutos
from thongsuot_agent.probes.radio.web_session import WebSession, parse_json
from thongsuot_agent.secret_file import read_secret
from thongsuot_schema.reason import Reason


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the API's answers; its token is valid for about five minutes."""
    web = WebSession(link, settings)
    try:
        who = {"username": settings.user, "password": read_secret(settings.password_file)}
        body = msgspec.json.encode(who).decode()
        answer = parse_json(
            await web.post("/api/login", body, {"Content-Type": "application/json"})
        )
        token = (answer.get("data") or {}).get("token")
        if not token:
            raise ModemUnreadable(Reason.PERMISSION_DENIED, "the router refuses the login")
        text = await web.get("/api/modems/status", {"Authorization": f"Bearer {token}"})
    finally:
        web.close()
    return rutos.reading_from(parse_json(text), settings.modem)
