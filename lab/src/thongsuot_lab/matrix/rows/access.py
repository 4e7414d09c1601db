"""Rows of the line to the carrier. The carrier must act."""

from thongsuot_lab.matrix.acts import Faults, fault
from thongsuot_lab.matrix.row import Row, Scope, Sees, Within
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ACCESS = frozenset({Segment.ACCESS})


def _sees(link: str, state: State, symptom: Symptom) -> tuple[Sees, ...]:
    return (Sees(link=link, state=state, segment=Segment.ACCESS, symptoms=frozenset({symptom})),)


def _silent(link: str = "fixed") -> tuple[Sees, ...]:
    return _sees(link, State.DOWN, Symptom.ACCESS_SILENT)


ROWS = (
    Row(
        name="fibre-cut",
        breaks=fault("cut-fibre", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_silent(),
        segments=ACCESS,
    ),
    Row(
        name="radio-lost",
        breaks=fault("cut-fibre", site="{site}", link="mobile"),
        links=("mobile",),
        sees=_silent("mobile"),
        segments=ACCESS,
    ),
    Row(
        name="line-black-hole",
        breaks=fault("access-blackhole", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_silent(),
        segments=ACCESS,
        note="lit, and swallows everything",
    ),
    Row(
        name="first-hop-dead",
        breaks=fault("first-hop-dead", carrier="{carrier}"),
        scope=Scope.CARRIER,
        sees=_silent("{link}"),
        segments=ACCESS,
    ),
    Row(
        name="loss-2",
        breaks=fault("loss", site="{site}", link="fixed", ratio=0.01),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ACCESS_LOSS),
        segments=ACCESS,
        within=Within(intervals=150),
        recovers_s=120.0,
        note="1 % each way, 2 % there and back; that it is over takes 570 echoes to tell",
    ),
    Row(
        name="loss-20",
        breaks=fault("loss", site="{site}", link="fixed", ratio=0.2, direction="down"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ACCESS_LOSS),
        segments=ACCESS,
        within=Within(intervals=20),
        recovers_s=120.0,
    ),
    Row(
        name="slow-300-ms",
        breaks=fault("delay", site="{site}", link="fixed", added_s=0.3),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ACCESS_SLOW),
        segments=ACCESS,
        within=Within(intervals=12),
    ),
    Row(
        name="rate-a-tenth",
        breaks=Faults(
            (
                ("slow-line", {"site": "{site}", "link": "fixed", "share": 0.1}),
                ("lan-congested", {"site": "{site}"}),
            )
        ),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ACCESS_SLOW),
        segments=ACCESS,
        within=Within(intervals=20),
        note="under a download: light probes cannot see a rate that nobody uses",
    ),
    Row(
        name="flapping",
        breaks=fault("flap", site="{site}", link="fixed", every_s=20.0),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.ACCESS_FLAPPING),
        segments=ACCESS,
        within=Within(intervals=20),
        hold_s=45.0,
        note="10 s dead, 10 s alive; the second silence makes it one fault that lasts",
    ),
    Row(
        name="one-way-down",
        breaks=fault("one-way", site="{site}", link="fixed", dead="down"),
        links=("fixed",),
        sees=_silent(),
        segments=ACCESS,
    ),
    Row(
        name="one-way-up",
        breaks=fault("one-way", site="{site}", link="mobile", dead="up"),
        links=("mobile",),
        sees=_silent("mobile"),
        segments=ACCESS,
    ),
    Row(
        name="ip6-dead",
        breaks=fault("family-dead", site="{site}", link="fixed", family="v6"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.IP6_DEAD),
        segments=ACCESS,
        within=Within(intervals=12),
    ),
    Row(
        name="ip4-dead",
        breaks=fault("family-dead", site="{site}", link="fixed", family="v4"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.IP4_DEAD),
        segments=ACCESS,
        within=Within(intervals=12),
    ),
    Row(
        name="mtu-black-hole",
        breaks=fault("mtu-black-hole", site="{site}", link="fixed"),
        links=("fixed",),
        sees=_sees("fixed", State.DEGRADED, Symptom.LARGE_PACKETS_LOST),
        segments=ACCESS,
        within=Within(intervals=6, kind="http"),
    ),
    Row(
        name="reordering",
        breaks=fault("reorder", site="{site}", link="fixed"),
        links=("fixed",),
        hold_s=15.0,
        note="a fact, not a fault",
    ),
)
