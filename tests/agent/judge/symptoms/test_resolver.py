"""Name servers are judged by comparison: the same name, asked elsewhere since the fault began."""

from math import log

import pytest
from msgspec import structs

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, Track
from thongsuot_agent.judge.observations import Observation, Observations
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.new_flows import is_request_awaited
from thongsuot_agent.judge.symptoms.resolver import CAUSE_UNKNOWN, detect_resolver_fault
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NOW_NS = 1_000 * NS_PER_S
SINCE_NS = NOW_NS - 10 * NS_PER_S
SITE = two_links()


class FailingResolver:
    """The fibre's name server fails in a round in which the carrier's core answers an echo."""

    def __init__(self, reason: Reason | None = None) -> None:
        self.fixed, self.mobile = LinkMemory(name="fixed"), LinkMemory(name="mobile")
        for link in (self.fixed, self.mobile):
            link.known = True
        self.reason = reason
        self.server = self.track(self.fixed, "dns", "resolver")
        if reason is None:
            self.server.silences, self.server.silent_since_ns = 2, SINCE_NS
        else:
            self.server.reason = reason
        self.server.failures, self.server.failed_since_ns = 2, SINCE_NS
        self.echo = self.track(self.fixed, "icmp", "core-fixed")

    def track(self, link: LinkMemory, kind: str, target: str, family: Family = Family.IP4) -> Track:
        track = Track(kind=kind, target=target, family=family)
        link.tracks[SeriesKey(kind, target, family)] = track
        return track

    def suspicion(self) -> Suspicion | None:
        memory = Memory(links={"fixed": self.fixed, "mobile": self.mobile}, now_ns=NOW_NS)
        at = LinkContext(memory, self.fixed, SITE.links["fixed"], Settings())
        seen = []
        for track in (self.server, self.echo):
            point = SITE.links["fixed"].point_of(track)
            assert point is not None
            is_silent = track is self.server and self.reason is None
            is_answered = track is self.echo or self.reason is not None
            seen.append(Observation(track, point, point.rung, is_answered, is_silent))
        return detect_resolver_fault(at, Observations(SINCE_NS, tuple(seen)))

    def symptom(self) -> Symptom | None:
        suspicion = self.suspicion()
        if suspicion is None:
            return None
        assert suspicion.onset_ns == SINCE_NS
        assert suspicion.fault.segment is Segment.CARRIER
        return suspicion.fault.symptom


SILENT, FORGED = Symptom.RESOLVER_SILENT, Symptom.RESOLVER_FORGED_ANSWER

ELSEWHERE = {
    "worked": (SINCE_NS, None),
    "failed": (None, SINCE_NS),
    "not asked since": (SINCE_NS - 1, SINCE_NS - 1),
}


@pytest.mark.parametrize(
    ("reason", "elsewhere", "symptom"),
    [
        (None, "worked", SILENT),
        (None, "failed", None),
        (None, "not asked since", SILENT),
        (Reason.NAME_SERVER_REFUSED, "worked", SILENT),
        (Reason.NAME_SERVER_REFUSED, "failed", SILENT),  # an answer, whatever others do not say
        (Reason.NAME_SERVER_FAILED, "worked", SILENT),
        (Reason.NAME_SERVER_FAILED, "failed", None),
        (Reason.NAME_SERVER_FAILED, "not asked since", None),
        (Reason.NAME_NOT_FOUND, "failed", None),
        (Reason.NAME_NOT_FOUND, "not asked since", None),
        (Reason.NAME_NOT_FOUND, "worked", None),  # it may remember it: see test_missing_names
        (Reason.NAME_ANSWER_FORGED, "worked", FORGED),
        (Reason.NAME_ANSWER_FORGED, "failed", None),
        (Reason.NAME_ANSWER_FORGED, "not asked since", FORGED),
    ],
)
@pytest.mark.parametrize("where", ["another server", "another link"])
def test_a_name_servers_behaviour_is_compared_with_that_of_others(
    reason: Reason | None, elsewhere: str, symptom: Symptom | None, where: str
) -> None:
    site = FailingResolver(reason)
    link, target = (site.fixed, "zone") if where == "another server" else (site.mobile, "resolver")
    other = site.track(link, "dns", target)
    other.worked_ns, other.failed_ns = ELSEWHERE[elsewhere]
    if (reason, elsewhere, where) == (None, "failed", "another link"):
        suspicion = site.suspicion()
        assert suspicion is not None
        assert suspicion.fault == CAUSE_UNKNOWN
    else:
        assert site.symptom() is symptom


def test_a_link_that_is_out_itself_is_not_a_witness_for_a_name() -> None:
    site = FailingResolver(Reason.NAME_SERVER_FAILED)
    site.track(site.mobile, "dns", "resolver").worked_ns = SINCE_NS
    dead = Diagnosis(state=State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
    site.mobile.silence = FaultSlot(fault=dead)
    assert site.symptom() is None


@pytest.mark.parametrize(
    ("family", "answered_ns", "is_found"),
    [
        (Family.IP4, SINCE_NS + 1, True),
        (Family.IP4, SINCE_NS, False),
        (Family.IP6, SINCE_NS + 1, False),
    ],
)
def test_where_echoes_are_dropped_a_web_request_shows_that_the_line_works(
    family: Family, answered_ns: int, is_found: bool
) -> None:
    site = FailingResolver()
    site.echo = site.track(site.fixed, "icmp", "gateway")  # which proves nothing of the carrier
    site.track(site.fixed, "http", "motcua", family).answered_ns = answered_ns
    assert site.symptom() is (SILENT if is_found else None)


def test_a_server_that_answers_late_is_slow_unless_the_link_is() -> None:
    site = FailingResolver()
    site.reason = Reason.FAILED_OTHERWISE  # it has answered
    site.server.failures, site.server.failed_since_ns = 0, None
    site.server.silences, site.server.slow_since_ns, site.server.slow_runs = 0, SINCE_NS, 3
    assert site.symptom() is None, "nothing was measured of it yet"
    site.server.value_s = 3.0
    assert site.symptom() is Symptom.RESOLVER_SLOW
    slow = Diagnosis(state=State.DEGRADED, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SLOW)
    site.fixed.slow = FaultSlot(fault=slow)
    assert site.symptom() is None


@pytest.mark.parametrize(
    ("lost", "answered", "questions", "ratio"),
    [
        (0, 9, (0, 0), 0.05),
        (1, 8, (0, 0), 0.3),
        (1, 98, (0, 0), 0.05),
        (9, 0, (0, 0), 0.95),
        (0, 9, (20, 4), 0.4),
        (1, 8, (20, 2), 0.3),
    ],
    ids=[
        "nothing lost",
        "an echo lost",
        "one of many",
        "nearly all",
        "questions",
        "the more of it",
    ],
)
def test_the_strength_of_a_silent_name_server_depends_on_other_losses(
    lost: int, answered: int, questions: tuple[int, int], ratio: float
) -> None:
    site = FailingResolver()
    site.echo.tally.failed, site.echo.tally.ok = lost, answered
    site.server.carried_sent, site.server.carried_lost = questions
    deaf = site.track(site.fixed, "icmp", "zone")
    deaf.known_unresponsive, deaf.tally.failed = True, 50
    own = site.track(site.fixed, "icmp", "resolver")
    own.tally.failed = 50
    suspicion = site.suspicion()
    assert suspicion is not None
    assert suspicion.nats == pytest.approx(2 * log(1.0 / ratio))
    site.server.slow_runs = 5
    suspicion = site.suspicion()
    assert suspicion is not None
    assert suspicion.nats == pytest.approx(5 * log(1.0 / ratio))


def test_of_two_name_servers_the_earlier_onset_counts() -> None:
    site = FailingResolver(Reason.NAME_SERVER_FAILED)
    other = site.track(site.fixed, "dns", "zone")
    other.worked_ns = SINCE_NS
    assert site.symptom() is SILENT
    site.server.failed_since_ns, site.server.value_ns = None, SINCE_NS + 1
    assert site.symptom() is None, "it was measured well after the other had worked"


@pytest.mark.parametrize(
    ("settings", "wait_s"),
    [
        (Settings(), 16.0),
        (
            Settings(
                service_wait_s=4.0, resolver=structs.replace(Settings().resolver, every_s=1.0)
            ),
            6.0,
        ),
    ],
    ids=["shipped", "quicker"],
)
def test_a_page_is_waited_for_as_long_as_it_may_take_by_the_settings(
    settings: Settings, wait_s: float
) -> None:
    site = FailingResolver()
    page = site.track(site.fixed, "http", "motcua")
    page.worked_ns = SINCE_NS - 1
    memory = Memory(links={"fixed": site.fixed})
    at = LinkContext(memory, site.fixed, SITE.links["fixed"], settings)
    memory.now_ns = SINCE_NS + round(wait_s * NS_PER_S) - 1
    assert is_request_awaited(at, SINCE_NS)
    memory.now_ns += 1
    assert not is_request_awaited(at, SINCE_NS), "nobody is waited for longer than a page takes"
    memory.now_ns -= 1
    page.failed_ns = SINCE_NS
    assert not is_request_awaited(at, SINCE_NS)
