"""
Watch: a service that failed or was slow, and worked on the next probe, is probed more often.

An intermittent fault also affects people, and one page per minute detects it too rarely: with
resets for a quarter of the time it takes six minutes to observe three. A watch probes every few
seconds over the links without an allowance. It uses a credit that grows slowly, which limits the
cost of a portal that is permanently unreliable.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext, ns
from thongsuot_agent.judge.memory import Memory, ServiceMemory
from thongsuot_agent.judge.rounds import can_be_probed
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.verdicts import link_slot

EVERY_S = 4.0
LASTS_S = 60.0
"""A watch ends this long after the last failed or slow run."""
CREDIT_S = 240.0
"""Longest continuous watch: 60 pages of two services in each family over each link, 4 MB."""
CREDIT_SHARE = 0.02
"""Share of the time that watches may take in the long run: an additional page every 200 s."""


def begin_watch(service: ServiceMemory, now_ns: int) -> None:
    """Probe a service more often from now on, for a limited time."""
    service.watch.until_ns = now_ns + ns(LASTS_S)


def watch_probes(
    service: ServiceMemory, over: Sequence[LinkContext], now_ns: int
) -> tuple[ConfirmationProbe, ...]:
    """Return the probes of a service that are due; none while a comparison is open."""
    watch = service.watch
    if service.comparison is not None or now_ns >= watch.until_ns:
        return ()
    if now_ns - watch.asked_ns < ns(EVERY_S):
        return ()
    if watch.earned_ns is None:
        watch.credit_s = CREDIT_S
    else:
        earned_s = (now_ns - watch.earned_ns) / NS_PER_S * CREDIT_SHARE
        watch.credit_s = min(CREDIT_S, watch.credit_s + earned_s)
    watch.earned_ns = now_ns
    if watch.credit_s < EVERY_S:
        return ()
    watch.credit_s -= EVERY_S
    watch.asked_ns = now_ns
    return tuple(
        ConfirmationProbe(kind=REQUEST, link=at.link.name, target=service.name, family=family)
        for at in over
        if not at.probes.is_metered and link_slot(at.link) is None
        for family in at.probes.points[PointKey(REQUEST, service.name)].families
        if can_be_probed(at.link, at.probes.points[PointKey(REQUEST, service.name)], family)
    )


def control_probes(
    memory: Memory, service: ServiceMemory, asked: Sequence[ConfirmationProbe]
) -> tuple[ConfirmationProbe, ...]:
    """
    Return the same probes of another service, which distinguish a portal's fault from one of the
    common path.
    """
    names = sorted(memory.services)
    other = names[(names.index(service.name) + 1) % len(names)]
    if other == service.name or memory.services[other].comparison is not None:
        return ()
    return tuple(
        msgspec.structs.replace(confirmation, target=other)
        for confirmation in asked
        if SeriesKey(REQUEST, other, confirmation.family) in memory.links[confirmation.link].tracks
    )
