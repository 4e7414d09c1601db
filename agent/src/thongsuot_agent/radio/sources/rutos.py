"""Teltonika RutOS 7 by its API, which shows the NR leg that SNMP does not."""

import msgspec

from thongsuot_agent.devices.secret import read_secret
from thongsuot_agent.links.link import Link
from thongsuot_agent.radio.makers import rutos
from thongsuot_agent.radio.reading import Reading
from thongsuot_agent.radio.refusal import NotRead
from thongsuot_agent.radio.settings import Settings
from thongsuot_agent.radio.web import Web, json_of
from thongsuot_schema.reason import Reason


async def read(link: Link, settings: Settings) -> Reading:
    """Return what the API says; it gives a token for about five minutes."""
    web = Web(link, settings)
    try:
        who = {"username": settings.user, "password": read_secret(settings.password_file)}
        body = msgspec.json.encode(who).decode()
        answer = json_of(await web.post("/api/login", body, {"Content-Type": "application/json"}))
        token = (answer.get("data") or {}).get("token")
        if not token:
            raise NotRead(Reason.PERMISSION_DENIED, "the router refuses the login")
        text = await web.get("/api/modems/status", {"Authorization": f"Bearer {token}"})
    finally:
        web.close()
    return rutos.reading_from(json_of(text), settings.modem)
