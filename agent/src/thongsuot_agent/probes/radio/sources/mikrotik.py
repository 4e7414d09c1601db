"""MikroTik RouterOS 7 by its REST interface, which shows the NR leg that SNMP does not."""

import msgspec

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.reading import ModemReading
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors import mikrotik
from thongsuot_agent.probes.radio.web_session import WebSession, parse_json
from thongsuot_agent.secret_file import read_secret

_USUAL_MODEM = "lte1"


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the monitor's values of one LTE interface; a user with read access is enough."""
    web = WebSession(link, settings)
    try:
        if settings.password_file:
            web.set_basic_auth(settings.user, read_secret(settings.password_file))
        body = msgspec.json.encode(
            {"numbers": settings.modem or _USUAL_MODEM, "once": True}
        ).decode()
        text = await web.post(
            "/rest/interface/lte/monitor", body, {"Content-Type": "application/json"}
        )
    finally:
        web.close()
    return mikrotik.reading_from(parse_json(text))
