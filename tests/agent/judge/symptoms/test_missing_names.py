"""A name missing for one carrier before the other is at first held against neither."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import one_link
from thongsuot_agent.judge.keys import PointKey, SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.reachability import reachability_of
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.missing_names import is_missing_alone, is_missing_for_long
from thongsuot_agent.judge.tracks import record_run
from thongsuot_schema.catalogue import dns
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

# As documented: the code's own figures would follow any change of them.
LONGEST_WAIT_S = 3600.0
UNKNOWN_TTL_S = 3600.0


GONE = Reason.NAME_NOT_FOUND


_SITE = one_link()


class Names:
    """Runs that look for names over one link, second by second."""

    def __init__(self) -> None:
        self.link = LinkMemory(name="fixed")
        self.now_s = 0.0

    def track(self, kind: str, target: str, *runs: tuple[float, Finding]) -> Track:
        track = Track(kind=kind, target=target, family=Family.IP4)
        for at_s, finding in runs:
            at_ns = round(at_s * NS_PER_S)
            record_run(track, at_ns, finding, reachability_of(kind, finding), at_ns)
        return track

    def note(self, kind: str, target: str, *runs: tuple[float, Finding]) -> Track:
        track = self.track(kind, target, *runs)
        self.link.tracks[SeriesKey(kind, target, Family.IP4)] = track
        return track

    @property
    def at(self) -> LinkContext:
        return LinkContext(
            Memory(links={"fixed": self.link}), self.link, _SITE.links["fixed"], Settings()
        )


NO_NAME, PAGE = failed_finding(GONE), ok_finding({})


def lookup(ttl_s: float) -> Finding:
    return ok_finding({dns.LOOKUP: 0.01, dns.ANSWERS: 1.0, dns.TTL: ttl_s})


@pytest.mark.parametrize(
    ("ttls_s", "wait_s"),
    [
        ((), UNKNOWN_TTL_S),
        ((300.0, 120.0), 300.0),
        ((5.0,), 60.0),
        ((86_400.0,), LONGEST_WAIT_S),
    ],
    ids=["not known", "the longest that was seen", "none at all", "a day"],
)
def test_a_time_to_live_is_waited_for_and_no_more_than_an_hour(
    ttls_s: tuple[float, ...], wait_s: float
) -> None:
    for late_s, is_long in ((-1.0, False), (0.0, True)):
        names = Names()
        runs = [(10.0 * (n + 1), lookup(ttl_s)) for n, ttl_s in enumerate(ttls_s)]
        missing = names.note(
            "dns", "resolver", *runs, (100.0, NO_NAME), (100.0 + wait_s + late_s, NO_NAME)
        )
        there = names.track("dns", "resolver", (10.0, PAGE), (9_000.0, PAGE))
        assert is_missing_for_long(names.at, missing) is is_long
        assert is_missing_alone(names.at, missing, [there]) is is_long


@pytest.mark.parametrize(
    ("elsewhere", "is_alone"),
    [
        (((10.0, PAGE), (400.0, PAGE)), True),
        (((10.0, PAGE), (390.0, PAGE)), False),
        (((10.0, NO_NAME), (150.0, PAGE), (500.0, PAGE)), False),
        (((10.0, NO_NAME), (100.0, PAGE), (500.0, PAGE)), True),
        (((10.0, PAGE), (400.0, PAGE), (401.0, NO_NAME)), False),
    ],
    ids=["there all the time", "not asked since", "put in", "put in long ago", "gone by now"],
)
def test_another_has_to_know_the_name_after_he_has_had_time_to_forget_it(
    elsewhere: tuple[tuple[float, Finding], ...], is_alone: bool
) -> None:
    names = Names()
    missing = names.note(
        "dns", "resolver", (10.0, lookup(300.0)), (100.0, NO_NAME), (420.0, NO_NAME)
    )
    there = names.track("dns", "zone", *elsewhere)
    assert is_missing_alone(names.at, missing, [there]) is is_alone


@pytest.mark.parametrize(
    ("others", "is_alone"),
    [
        ({}, False),
        ({"motcua": NO_NAME}, False),
        ({"motcua": NO_NAME, "dichvucong": NO_NAME}, True),
        ({"motcua": NO_NAME, "dichvucong": PAGE}, False),
        ({"motcua": NO_NAME, "dichvucong": failed_finding(Reason.TIMED_OUT)}, False),
    ],
)
def test_a_server_that_knows_no_name_at_all_is_not_waited_for(
    others: dict[str, Finding], is_alone: bool
) -> None:
    names = Names()
    missing = names.note("dns", "resolver", (100.0, NO_NAME))
    for target, finding in others.items():
        names.note("http", target, (101.0, finding))
    there = names.track("dns", "zone", (10.0, PAGE), (101.0, PAGE))
    assert is_missing_alone(names.at, missing, [there]) is is_alone


def test_a_name_is_missing_since_the_last_run_that_failed_for_another_reason() -> None:
    names = Names()
    slow = failed_finding(Reason.TIMED_OUT)
    track = names.track("http", "motcua", (1.0, NO_NAME), (2.0, slow), (3.0, NO_NAME))
    assert track.missing_since_ns == 3 * NS_PER_S
    assert names.track("http", "motcua", (1.0, NO_NAME), (2.0, PAGE)).missing_since_ns is None


def test_a_page_has_the_name_of_its_url_and_none_where_that_has_an_address() -> None:
    points = _SITE.links["fixed"].points
    assert points[PointKey("http", "motcua")].lookup == "motcua.example"
    assert points[PointKey("dns", "resolver")].lookup == "www.example"
    for url in ("https://192.0.2.1/", "https://[2001:db8::1]/"):
        targets = tuple(
            structs.replace(target, url=url) if target.url else target
            for target in _SITE.inventory.targets
        )
        site = site_probes_from(_SITE.inventory.links, targets, _SITE.inventory.probes)
        assert not site.links["fixed"].points[PointKey("http", "motcua")].lookup
