"""The defaults of the configuration: the default profile and targets."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import structs

from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.scheduler.job import is_named
from thongsuot_schema.inventory.model import ProbeSchedule, Role, Target, Via
from thongsuot_schema.segment import Segment

COLLECTOR = "collector"
"""The name of the target that is the agent's own collector."""

PROBES: tuple[ProbeSchedule, ...] = (
    ProbeSchedule(kind="icmp", every_s=5.0, metered_every_s=20.0),
    ProbeSchedule(kind="dns", every_s=30.0, metered_every_s=300.0),
    ProbeSchedule(kind="http", every_s=60.0, metered_every_s=3600.0),
    ProbeSchedule(kind="counter", every_s=60.0, metered_every_s=3600.0),
    ProbeSchedule(kind="host", every_s=15.0),
    ProbeSchedule(kind="failover", every_s=60.0),
    ProbeSchedule(kind="path", every_s=300.0, metered_every_s=3600.0),
    ProbeSchedule(kind="fresh_echo", every_s=300.0, metered_every_s=86_400.0),
)
"""
One failed run makes the judge ask for a confirming burst, so slow intervals still find a fault in
seconds: anchors alternate, with four of them one is probed every 1.25 s. The paths to the anchors
are also traced whenever a verdict changes.

On a metered link all of it, with two services and the ways to two more anchors of one family,
stays below 300 MB a month, with anchors in both families below 340 (2026-11), without pushes, which
an unmetered link takes; a page of a portal is the dearest, so it is fetched there once an hour.
Anyone who has more to spend writes shorter intervals.
"""

ASK_COLLECTOR = ProbeSchedule(
    kind="egress",
    every_s=300.0,
    metered_every_s=3600.0,
    targets=(COLLECTOR,),
    settings={"timeout_s": 4.0},
)
"""
By whose line packets leave, asked of the collector: part of the default profile where the networks
of a link's carrier are known, from the site configuration as a rule. A fresh TLS connection costs
5 KB; whenever a fault is looked into the collector is asked as well.
"""

DEFAULT_PROBES = (*PROBES, ASK_COLLECTOR)

TARGETS: tuple[Target, ...] = (
    Target(
        name="gateway",
        role=Role.ANCHOR,
        segment=Segment.LAN,
        addresses=("gateway",),
        title_vi="Bộ định tuyến",
        title_en="Router",
    ),
    Target(
        name="edge",
        role=Role.ANCHOR,
        segment=Segment.LAN,
        addresses=("edge",),
        title_vi="Thiết bị mạng cuối cùng của điểm",
        title_en="The site's last router",
    ),
    Target(
        name="first_hop",
        role=Role.ANCHOR,
        segment=Segment.ACCESS,
        addresses=("first-hop",),
        title_vi="Chặng đầu của nhà mạng",
        title_en="The carrier's first router",
    ),
    Target(
        name="resolver",
        role=Role.ANCHOR,
        segment=Segment.CARRIER,
        addresses=("resolver",),
        title_vi="Máy chủ tên miền",
        title_en="Name server",
        lookup="dichvucong.gov.vn",
    ),
)
"""What every link has by itself."""


def probes_of(config: AgentConfig) -> tuple[ProbeSchedule, ...]:
    """
    Return the effective probe schedules of a configuration.

    A radio is compared with the networks of its link's carrier, where those are written down and
    the schedule names no others: there is then one schedule for each link. The collector is asked
    over whose line packets leave, where it can determine that.
    """
    schedules: list[ProbeSchedule] = []
    for schedule in config.probes or DEFAULT_PROBES:
        if schedule.kind == "radio":
            schedules += _with_networks(schedule, config)
        elif schedule.kind == "egress" and schedule.targets == (COLLECTOR,):
            schedules += _asking_collector(schedule, config)
        else:
            schedules.append(schedule)
    return tuple(schedules)


def _asking_collector(schedule: ProbeSchedule, config: AgentConfig) -> list[ProbeSchedule]:
    """Return the schedule for the links for which it is useful, if there are any."""
    known = {carrier.name for carrier in config.carriers if carrier.networks}
    links = [
        link.name
        for link in config.links
        if (link.carrier in known or (known and link.via is Via.ROUTER))
        and is_named(link.name, schedule.links)
    ]
    url = urlsplit(config.collector.url)
    is_here = url.hostname is None or url.hostname == "localhost" or _is_loopback(url.hostname)
    if not links or is_here:
        return []
    return [
        structs.replace(
            schedule,
            links=tuple(links),
            settings={"ca_file": config.collector.ca_file, **schedule.settings},
        )
    ]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _with_networks(schedule: ProbeSchedule, config: AgentConfig) -> list[ProbeSchedule]:
    networks = {carrier.name: carrier.plmn for carrier in config.carriers}
    links = [link for link in config.links if is_named(link.name, schedule.links)]
    if "plmn" in schedule.settings or not any(networks.get(link.carrier) for link in links):
        return [schedule]
    return [
        structs.replace(
            schedule,
            links=(link.name,),
            settings={**schedule.settings, "plmn": list(networks.get(link.carrier, ()))},
        )
        for link in links
    ]


def targets_of(config: AgentConfig) -> tuple[Target, ...]:
    """Return the effective targets of a configuration, including the collector."""
    targets = config.targets or TARGETS
    if any(target.name == COLLECTOR for target in targets):
        return targets
    collector = Target(
        name=COLLECTOR,
        role=Role.COLLECTOR,
        segment=Segment.TRANSIT,
        url=config.collector.url,
        title_vi="Hệ thống giám sát",
        title_en="Collector",
    )
    return (*targets, collector)
