"""What fails with a service: an interception shows on all of them, a bad way on more than one."""

from collections.abc import Sequence

import pytest
from msgspec import structs

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, ServiceAddress, Track
from thongsuot_agent.judge.reachability import reachability_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, attribute_failure
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_agent.judge.tracks import record_run
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

NOW_NS = 1_000 * NS_PER_S
FIXED_LINE = Link(name="fixed", interface="fix0", carrier="song-hong")
MOBILE_LINE = Link(name="mobile", interface="wwan0", carrier="cuu-long")
UNTRUSTED, OTHER_NAME = Reason.CERTIFICATE_UNTRUSTED, Reason.CERTIFICATE_NAME_MISMATCH

Shown = tuple[Reason | None, str]
"""How a service fails (``None``: it works), and who issued the certificate that was shown."""


def is_intercepted(*shown: Shown, link: LinkMemory | None = None) -> bool:
    link = link or LinkMemory(name="fixed")
    tracks = []
    for name, (reason, issuer) in zip(("motcua", "dichvucong", "thue"), shown, strict=False):
        track = Track(kind="http", target=name, family=Family.IP4, issuer=issuer)
        if reason is None:
            track.worked_ns = NOW_NS
        else:
            track.failed_ns, track.failures, track.reason = NOW_NS, 2, reason
        link.tracks[SeriesKey("http", name, Family.IP4)] = track
        tracks.append(track)
    at = LinkContext(
        Memory(links={"fixed": link}, now_ns=NOW_NS), link, two_links().links["fixed"], Settings()
    )
    here = ServiceOverLink(link, {Family.IP4: Health.BAD}, {Family.IP4: tracks[0]})
    return attribute_failure(at, here, tracks[0], ()) == INTERCEPTED


def test_an_anchor_that_was_measured_is_not_a_service_that_shows_a_certificate() -> None:
    link = LinkMemory(name="fixed")
    track = Track(kind="icmp", target="zone", family=Family.IP4, worked_ns=NOW_NS)
    link.tracks[SeriesKey("icmp", "zone", Family.IP4)] = track
    assert is_intercepted((UNTRUSTED, "box"), (UNTRUSTED, "box"), link=link)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box")], True),
        ([(UNTRUSTED, "box"), (OTHER_NAME, "box")], True),
        ([(UNTRUSTED, ""), (UNTRUSTED, "box")], True),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "another")], False),
        ([(UNTRUSTED, "box")], False),
        ([(UNTRUSTED, "box"), (None, "an authority")], False),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box"), (Reason.CONNECTION_REFUSED, "")], False),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box"), (Reason.NAME_WITHOUT_ADDRESS, "")], True),
        ([(Reason.CONNECTION_REFUSED, ""), (Reason.CONNECTION_REFUSED, "")], False),
    ],
)
def test_one_issuer_of_foreign_certificates_on_all_services_is_an_interception(
    shown: list[Shown], expected: bool
) -> None:
    assert is_intercepted(*shown) is expected


Runs = Sequence[tuple[int, Reason | None]]
"""Second at which a page was opened, and how it failed (``None``: it came)."""
STEADY: Runs = [(900, None), (950, Reason.TIMED_OUT), (960, Reason.TIMED_OUT)]
STEADY_FOR_LONG: Runs = [*STEADY, (970, Reason.TIMED_OUT)]
STALLED: Runs = [(start_s, reason and Reason.TLS_TIMED_OUT) for start_s, reason in STEADY_FOR_LONG]


def track_after(name: str, network: int, runs: Runs, slow_s: tuple[int, ...] = ()) -> Track:
    track = Track(kind="http", target=name, family=Family.IP4)
    for start_s, reason in runs:
        outcome = Outcome.OK if reason is None else Outcome.FAILED
        finding = Finding(outcome=outcome, reason=reason)
        start_ns = start_s * NS_PER_S
        record_run(track, start_ns, finding, reachability_of("http", finding), start_ns)
    track.addresses[f"198.51.{network}.1"] = ServiceAddress()
    track.slow_episodes_ns = [start_s * NS_PER_S for start_s in slow_s]
    return track


def is_named(failing: Runs, other: Runs, slow_s: tuple[int, ...] = ()) -> bool:
    """Return whether a portal is named that fails so, while another in another network does so."""
    link = LinkMemory(name="fixed")
    portal, beside = track_after("dichvucong", 1, failing), track_after("motcua", 2, other, slow_s)
    anchor = Track(kind="icmp", target="exchange", family=Family.IP4, answered_ns=NOW_NS)
    for track in (portal, beside, anchor):
        link.tracks[SeriesKey(track.kind, track.target, track.family)] = track
    at = LinkContext(
        Memory(links={"fixed": link}, now_ns=NOW_NS), link, two_links().links["fixed"], Settings()
    )
    here = ServiceOverLink(link, {Family.IP4: Health.BAD}, {Family.IP4: portal}, FIXED_LINE)
    failed_too = structs.replace(portal)
    elsewhere = ServiceOverLink(
        LinkMemory(name="mobile"), {Family.IP4: Health.BAD}, {Family.IP4: failed_too}, MOBILE_LINE
    )
    return attribute_failure(at, here, portal, [elsewhere]).segment is Segment.SERVICE


ANSWERS = [
    Reason.STATUS_UNEXPECTED,
    Reason.BODY_UNEXPECTED,
    Reason.CONNECTION_REFUSED,
    Reason.CERTIFICATE_UNTRUSTED,
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("failing", [STEADY, STALLED])
def test_a_silent_portal_is_named_though_another_answers_with_an_error_at_the_moment(
    failing: Runs, answer: Reason
) -> None:
    # A path that loses large packets stalls the same, and no page of the other had any to pass.
    is_witness = failing is not STALLED or answer is not Reason.CONNECTION_REFUSED
    assert is_named(failing, [(900, None), (950, answer), (960, answer)]) is is_witness
    assert is_named(failing, [(900, None), (950, answer), (955, None)])


@pytest.mark.parametrize("silence", [Reason.TIMED_OUT, Reason.TLS_TIMED_OUT])
def test_a_silent_portal_is_not_named_where_another_was_silent_meanwhile(silence: Reason) -> None:
    assert not is_named(STEADY_FOR_LONG, [(900, None), (955, silence), (965, None)])
    assert not is_named(STEADY_FOR_LONG, [(900, None), (955, silence), (965, silence)])
    assert not is_named(STALLED, [(900, None), (948, silence), (949, None)])
    assert is_named(STALLED, [(900, None), (940, silence), (944, None)])


def test_slow_pages_of_another_portal_are_a_sign_of_the_way_until_no_connection_opens() -> None:
    pages = [(900, None), (955, None), (965, None)]
    assert not is_named(STALLED, pages, slow_s=(955, 965))
    assert not is_named(STEADY, pages, slow_s=(955, 965))
    assert is_named(STEADY_FOR_LONG, pages, slow_s=(955, 965))
    assert is_named(STALLED, pages, slow_s=(955,))
