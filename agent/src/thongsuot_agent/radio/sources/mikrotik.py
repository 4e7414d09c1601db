"""MikroTik RouterOS 7 by its REST interface, which shows the NR leg that SNMP does not."""

import msgspec

from thongsuot_agent.devices.secret import read_secret
from thongsuot_agent.links.link import Link
from thongsuot_agent.radio.makers import mikrotik
from thongsuot_agent.radio.reading import Reading
from thongsuot_agent.radio.settings import Settings
from thongsuot_agent.radio.web import Web, json_of

_USUAL_MODEM = "lte1"


async def read(link: Link, settings: Settings) -> Reading:
    """Return what the monitor of one LTE interface says; a user who may read is enough."""
    web = Web(link, settings)
    try:
        if settings.password_file:
            web.basic(settings.user, read_secret(settings.password_file))
        body = msgspec.json.encode(
            {"numbers": settings.modem or _USUAL_MODEM, "once": True}
        ).decode()
        text = await web.post(
            "/rest/interface/lte/monitor", body, {"Content-Type": "application/json"}
        )
    finally:
        web.close()
    return mikrotik.reading_from(json_of(text))
