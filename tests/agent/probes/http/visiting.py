"""Making one http run against a web server and a name server at the far end of a lab."""

import ssl
from dataclasses import replace

from tests.agent.links.device import ANCHOR4, ANCHOR6, MOBILE, on_device
from tests.agent.probes.web_server import (
    Respond,
    ScriptedWebServer,
    ServerAuthority,
)
from tests.agent.probing.name_server import Behaviour, ScriptedNameServer, zone
from tests.timing import MS
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.http.probe import HttpProbe, Settings
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_lab.lab import Lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

HOST = "portal.example"
ADDRESSES = {Family.IP4: ANCHOR4, Family.IP6: ANCHOR6}
ZONE = zone(f"{HOST}. 300 A {ANCHOR4}", f"{HOST}. 300 AAAA {ANCHOR6}")
FIXED = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR4, ANCHOR6))
"""Only the one of the family that is measured runs; the other one would be asked after it."""
PATIENT = Settings(timeout_s=300.0, resolve_timeout_s=120.0)
"""For what is answered: a busy machine may take long for it."""
SHORT = Settings(timeout_s=2000 * MS, resolve_timeout_s=2000 * MS)
"""For what gets no answer."""
TRIES = 30


def quiet(query: object, over_tcp: bool) -> list[bytes]:
    """A name server that never answers."""
    del query, over_tcp
    return []


def portal(url: str = f"https://{HOST}/", **fields: object) -> Target:
    return Target(
        name="portal",
        role=Role.SERVICE,
        segment=Segment.SERVICE,
        url=url,
        **fields,  # type: ignore[arg-type]
    )


async def visit(
    lab: Lab,
    monitor: LinkMonitor,
    of: Target,
    settings: Settings,
    respond: Respond,
    context: ssl.SSLContext | None = None,
    *,
    family: Family = Family.IP4,
    behave: Behaviour = ZONE,
    probe: HttpProbe | None = None,
) -> tuple[Finding, ScriptedWebServer]:
    """Make one run against a web server and a name server at the anchor."""
    anchor = lab.node("anchor")
    port = 443 if of.url.startswith("https:") else 80
    async with (
        ScriptedNameServer(anchor, ADDRESSES[family], behave),
        ScriptedWebServer(anchor, ADDRESSES[family], port, respond, context) as server,
    ):
        run = probe or HttpProbe(ProbeServices())
        return await run(monitor.links["fixed"], of, family, settings), server


def measure(
    lab: Lab,
    respond: Respond,
    context: ssl.SSLContext | None = None,
    *,
    of: Target | None = None,
    family: Family = Family.IP4,
    behave: Behaviour = ZONE,
    settings: Settings | None = None,
    trust: ServerAuthority | None = None,
    fixed: Spec = FIXED,
    may_starve: bool = False,
) -> Finding:
    """
    Make one run; another one if the probe says that its own process was late, as on a busy machine,
    unless it ``may_starve``.
    """
    chosen = of or portal(f"https://{HOST}/" if context else f"http://{HOST}/")

    async def run(monitor: LinkMonitor) -> Finding:
        made = settings or PATIENT
        if trust is not None:
            made = replace(made, ca_file=str(trust.file))
        finding, _ = await visit(
            lab, monitor, chosen, made, respond, context, family=family, behave=behave
        )
        return finding

    tries = (on_device(lab, run, (fixed, MOBILE)) for _ in range(TRIES))
    return next(made for made in tries if may_starve or made.reason is not Reason.AGENT_STARVED)
