"""Teltonika RutOS 7 by its API, which shows the NR leg that SNMP does not."""

import msgspec

from thongsuot_agent.equipment.secret import read_secret
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.radio.reading import ModemReading
from thongsuot_agent.radio.refusal import ModemUnreadable
from thongsuot_agent.radio.settings import Settings
from thongsuot_agent.radio.vendors import rutos
from thongsuot_agent.radio.web_session import WebSession, parse_json
from thongsuot_schema.reason import Reason


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return what the API says; it gives a token for about five minutes."""
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
