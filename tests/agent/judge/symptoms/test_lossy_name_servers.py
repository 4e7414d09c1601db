"""Whether a name server alone loses what it is asked, or one family what the other does not."""

import pytest

from tests.agent.judge.link_cases import (
    Shown,
    ago,
    echoes,
    judged_link,
    lookups,
    pages,
)
from tests.agent.judge.symptoms.test_carried_loss_limits import (
    ALIVE,
    SURE,
    count,
)
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.loss_memory import CarriedTest
from thongsuot_agent.judge.memory import LinkMemory, Track
from thongsuot_agent.judge.symptoms import carried_loss
from thongsuot_agent.judge.symptoms.carried_loss import (
    FORGING_RESOLVER,
    LOSSY_RESOLVER,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, failed_finding
from thongsuot_schema.segment import Segment


def lossy_server(*beside: Track, **shown: object) -> LinkContext:
    """Return a link whose name server loses a fifth of its questions, and nothing else does."""
    of_loss: Shown = {"carried_sent": 60, "carried_lost": 12}
    at = judged_link(
        lookups("resolver", **of_loss | ALIVE | shown),
        lookups("zone", carried_sent=200, **ALIVE),
        echoes("gateway", carried_sent=200, recent=0b1_0000_0000, **ALIVE),
        *beside,
    )
    at.link.carried_test = CarriedTest(**SURE)
    return at


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ([], LOSSY_RESOLVER),
        ([lookups(family=Family.IP6, carried_sent=60, **ALIVE)], None),
        ([lookups(family=Family.IP6, **ALIVE)], LOSSY_RESOLVER),
        ([pages(carried_sent=200, **ALIVE)], LOSSY_RESOLVER),
        ([pages(failed_ns=ago(10.0), reason=Reason.TIMED_OUT, **ALIVE)], None),
        ([pages(failed_ns=ago(10.0, 1), reason=Reason.TIMED_OUT, **ALIVE)], LOSSY_RESOLVER),
        ([pages(failed_ns=ago(1.0), reason=Reason.NAME_NOT_FOUND, **ALIVE)], LOSSY_RESOLVER),
        ([pages(failed_ns=ago(1.0), reason=None, **ALIVE)], None),
    ],
    ids=[
        "alone",
        "another server answers",
        "another server was not asked",
        "pages come through",
        "a page failed since",
        "a page failed before",
        "a page failed for its name",
        "a page failed for no known reason",
    ],
)
def test_a_name_server_that_alone_loses_queries_is_named(
    beside: list[Track], expected: Diagnosis | None
) -> None:
    assert carried_loss._lossy_resolver(lossy_server(*beside)) == expected


def test_a_suspected_line_or_a_shared_resolver_keeps_a_name_server_from_being_named() -> None:
    for up, raw_ratio, is_named in (
        (2.0, 0.01, True),
        (2.01, 0.0, False),
        (0.0, 0.0101, False),
    ):
        at = lossy_server()
        at.link.loss_test.cusum_up, at.link.loss_test.raw_ratio = up, raw_ratio
        assert (carried_loss._lossy_resolver(at) == LOSSY_RESOLVER) is is_named
    at = lossy_server()
    at.link.facts = LinkFacts(present=True, carrier=True, shared_resolvers=True)
    at.memory.links["mobile"] = LinkMemory(name="mobile")
    assert carried_loss._lossy_resolver(at) is None


def test_a_name_server_is_not_named_where_the_rest_is_not_proved_clean() -> None:
    at = lossy_server()
    at.link.tracks.pop(next(key for key in at.link.tracks if key.target == "zone"))
    assert carried_loss._lossy_resolver(at) is None
    for lost, is_named in ((4, True), (8, False)):
        at = lossy_server(lookups("zone", carried_sent=200, carried_lost=lost, **ALIVE))
        assert (carried_loss._lossy_resolver(at) is not None) is is_named


def test_a_server_that_answers_by_turns_what_cannot_be_true_forges() -> None:
    at = lossy_server(reason=Reason.NAME_ANSWER_FORGED)
    assert carried_loss._lossy_resolver(at) == FORGING_RESOLVER
    at = lossy_server(reason=Reason.NAME_SERVER_FAILED)
    assert carried_loss._lossy_resolver(at) == LOSSY_RESOLVER


@pytest.mark.parametrize(
    ("ip4", "ip6", "expected"),
    [
        ((200, 0), (60, 12), True),
        ((200, 0), (60, 0), False),
        ((30, 0), (60, 3), False),
        ((56, 0), (60, 3), True),
        ((54, 0), (60, 3), False),
        ((30, 0), (60, 12), True),
        ((200, 20), (60, 12), False),
        ((0, 0), (0, 0), False),
    ],
    ids=[
        "IPv4 is clean",
        "nothing is lost",
        "IPv4 says too little",
        "just enough of IPv4",
        "just too little of IPv4",
        "what loses a fifth is told apart sooner",
        "IPv4 loses as well",
        "nothing was sent",
    ],
)
def test_a_loss_is_of_ipv6_alone_where_ipv4_is_proved_clean(
    ip4: tuple[int, int], ip6: tuple[int, int], *, expected: bool
) -> None:
    at = judged_link(
        lookups("zone", carried_sent=ip4[0], carried_lost=ip4[1], **ALIVE),
        lookups("zone", family=Family.IP6, carried_sent=ip6[0], carried_lost=ip6[1], **ALIVE),
    )
    assert carried_loss._is_of_ip6_alone(at) is expected


def test_a_refusal_of_a_name_server_counts_as_lost() -> None:
    track = lookups(**ALIVE)
    at = judged_link(track)
    count(at, track, failed_finding(Reason.NAME_SERVER_REFUSED))
    assert (track.carried_sent, track.carried_lost) == (2, 1)


@pytest.mark.parametrize(("disturbed", "is_told"), [(4, True), (3, False)])
def test_loss_beyond_the_carrier_is_reported_once_pages_show_it(
    disturbed: int, *, is_told: bool
) -> None:
    of_loss: Shown = {"carried_sent": 60, "carried_lost": 12}
    at = judged_link(
        lookups("resolver", carried_sent=300, **ALIVE),
        lookups("zone", **of_loss | ALIVE),
        pages(episodes_ns=[ago(second) for second in range(disturbed)], **of_loss | ALIVE),
        echoes("gateway", carried_sent=200, recent=0b1_0000_0000, **ALIVE),
    )
    at.link.carried_test = CarriedTest(**SURE)
    told = carried_loss._lossy_part(at)
    assert (told is not None) is is_told
    if told is not None:
        assert told.segment is Segment.TRANSIT


@pytest.mark.parametrize(("disturbed", "is_told"), [(4, True), (3, False)])
def test_loss_of_ipv6_alone_is_reported_once_pages_show_it(
    disturbed: int, *, is_told: bool
) -> None:
    of_loss: Shown = {"carried_sent": 60, "carried_lost": 12, "family": Family.IP6}
    at = judged_link(
        lookups("resolver", carried_sent=200, **ALIVE),
        lookups("resolver", **of_loss | ALIVE),
        lookups("zone", **of_loss | ALIVE),
        pages(episodes_ns=[ago(second) for second in range(disturbed)], **ALIVE),
        echoes("gateway", carried_sent=200, recent=0b1_0000_0000, **ALIVE),
    )
    at.link.carried_test = CarriedTest(**SURE)
    assert (carried_loss._lossy_part(at) is not None) is is_told


@pytest.mark.parametrize(
    ("sent", "others", "is_named"),
    [(57, (200, 0), True), (58, (200, 0), False), (57, (1, 0), True), (57, (0, 0), False)],
    ids=["sure", "not so sure", "one question carried well", "nothing to hold it against"],
)
def test_a_name_server_is_named_on_enough_evidence_beside_what_is_carried_well(
    sent: int, others: tuple[int, int], *, is_named: bool
) -> None:
    at = lossy_server(carried_sent=sent, carried_lost=3)
    for track in at.link.tracks.values():
        if track.target == "zone":
            track.carried_sent, track.carried_lost = others
    named = carried_loss._lossy_resolver(at)
    assert named == (LOSSY_RESOLVER if is_named else None)


@pytest.mark.parametrize(("lost", "is_named"), [(0, True), (1, False)])
def test_a_target_that_loses_one_of_thirty_does_not_count_as_clean(
    lost: int, *, is_named: bool
) -> None:
    at = lossy_server()
    for track in at.link.tracks.values():
        if track.target == "zone":
            track.carried_sent, track.carried_lost = 30, lost
    assert (carried_loss._lossy_resolver(at) is not None) is is_named


def test_one_forging_address_of_a_name_server_makes_it_forging() -> None:
    forging = lookups(
        family=Family.IP6,
        carried_sent=60,
        carried_lost=12,
        reason=Reason.NAME_ANSWER_FORGED,
        **ALIVE,
    )
    assert carried_loss._lossy_resolver(lossy_server(forging)) == FORGING_RESOLVER
    assert carried_loss._lossy_resolver(lossy_server()) == LOSSY_RESOLVER
