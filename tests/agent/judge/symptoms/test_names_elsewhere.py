"""Name servers of two carriers that fall silent together are held against neither."""

import pytest
from msgspec import structs

from tests.agent.judge.inventories import FIXED, MOBILE, two_links
from tests.agent.judge.link_cases import (
    NOW_NS,
    Shown,
    add_link,
    ago,
    answering,
    echoes,
    judged_link,
    lookups,
    round_of,
    silent,
)
from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, Track
from thongsuot_agent.judge.symptoms.names_elsewhere import is_server_gone, probes_elsewhere
from thongsuot_agent.judge.symptoms.resolver import CAUSE_UNKNOWN, detect_resolver_fault
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.verdict import Symptom

TIMED_OUT = Reason.NAME_SERVER_TIMED_OUT


def dead(*, worked_s: float = 20.0, since_s: float = 10.0, reason: Reason = TIMED_OUT) -> Track:
    """Return lookups that nothing has answered for some seconds, and that worked before."""
    return lookups(
        worked_ns=ago(worked_s),
        failed_ns=NOW_NS,
        failed_since_ns=ago(since_s),
        failures=3,
        silences=3,
        silent_since_ns=ago(since_s),
        reason=reason,
    )


def suspicion(
    other: Track, *, machine: Track | None = None, others_machine: Track | None = None
) -> tuple[Suspicion | None, LinkContext]:
    """Return what is said of the fibre's dead name server beside lookups over the other line."""
    at = judged_link(*([] if machine is None else [machine]))
    add_link(at.memory, "mobile", [other, *([] if others_machine is None else [others_machine])])
    core = echoes("core-fixed", answered_ns=NOW_NS)
    seen = round_of(silent(at, dead()), answering(at, core))
    return detect_resolver_fault(at, seen), at


def symptom(other: Track, **machines: Track) -> Symptom | None:
    """Return what is said of the fibre's dead name server."""
    suspected, _ = suspicion(other, **machines)
    return None if suspected is None else suspected.fault.symptom


def test_name_servers_of_two_carriers_silent_together_leave_the_cause_open() -> None:
    suspected, _ = suspicion(dead(worked_s=15.0, since_s=5.0))
    assert suspected is not None
    assert suspected.fault == CAUSE_UNKNOWN
    assert suspected.is_ripe


@pytest.mark.parametrize(
    "other",
    [
        dead(worked_s=300.0, since_s=290.0),  # since long before this one fell silent
        dead(worked_s=15.0, since_s=5.0, reason=Reason.NAME_SERVER_REFUSED),
        dead(worked_s=15.0, since_s=5.0, reason=Reason.NAME_NOT_FOUND),
        lookups(worked_ns=ago(5.0)),
    ],
)
def test_a_name_server_that_works_or_fails_differently_does_not_excuse_the_other(
    other: Track,
) -> None:
    assert symptom(other) is Symptom.RESOLVER_SILENT


def test_a_name_server_whose_host_does_not_answer_either_is_at_fault() -> None:
    gone = echoes("resolver", answered_ns=ago(20.0), silences=3, silent_since_ns=ago(9.0))
    alive = echoes("resolver", answered_ns=NOW_NS)
    other = dead(worked_s=15.0, since_s=5.0)
    assert symptom(other, machine=gone) is Symptom.RESOLVER_SILENT
    assert symptom(other, machine=alive) is Symptom.RESOLVER_CAUSE_UNKNOWN
    assert symptom(other, others_machine=gone) is Symptom.RESOLVER_SILENT
    never = echoes("resolver", silences=30, silent_since_ns=ago(900.0))
    assert symptom(other, machine=never) is Symptom.RESOLVER_CAUSE_UNKNOWN


def test_a_refusing_name_server_is_not_excused_by_another_that_is_silent() -> None:
    at = judged_link()
    add_link(at.memory, "mobile", [dead(worked_s=15.0, since_s=5.0)])
    refusing = answering(at, dead(reason=Reason.NAME_SERVER_REFUSED))
    suspected = detect_resolver_fault(at, round_of(refusing))
    assert suspected is not None
    assert suspected.fault.symptom is Symptom.RESOLVER_SILENT


def test_another_line_of_the_same_carrier_is_no_comparison_for_its_name_server() -> None:
    links = [structs.replace(link, carrier="song-hong") for link in (FIXED, MOBILE)]
    at = judged_link(site_probes=two_links(links=links))
    add_link(at.memory, "mobile", [dead(worked_s=15.0, since_s=5.0)])
    seen = round_of(silent(at, dead()), answering(at, echoes("core-fixed", answered_ns=NOW_NS)))
    suspected = detect_resolver_fault(at, seen)
    assert suspected is not None
    assert suspected.fault.symptom is Symptom.RESOLVER_SILENT
    at.link.resolver = FaultSlot(is_pending=True, pending=suspected.fault)
    assert not probes_elsewhere(at)


@pytest.mark.parametrize(("waited_s", "is_ripe"), [(4.0, False), (5.5, False), (6.0, True)])
def test_the_other_carriers_servers_are_asked_before_one_is_named(
    waited_s: float, is_ripe: bool
) -> None:
    """5.5 s by the default settings: two until the next round, and three and a half for it."""
    not_asked_since = lookups(worked_ns=ago(15.0))
    _, at = suspicion(not_asked_since)
    assert not probes_elsewhere(at)
    at.link.resolver = FaultSlot(is_pending=True, pending=CAUSE_UNKNOWN, first_ns=ago(waited_s))
    assert probes_elsewhere(at) == (
        ConfirmationProbe(kind="dns", link="mobile", target="resolver", family=Family.IP4),
    )
    seen = round_of(silent(at, dead()), answering(at, echoes("core-fixed", answered_ns=NOW_NS)))
    suspected = detect_resolver_fault(at, seen)
    assert suspected is not None
    assert suspected.fault.symptom is Symptom.RESOLVER_SILENT
    assert suspected.is_ripe is is_ripe


@pytest.mark.parametrize(
    ("shown", "is_gone"),
    [
        ({}, True),
        ({"silences": 1}, False),
        ({"answered_ns": None}, False),
        ({"silent_since_ns": ago(20.0)}, True),
        ({"silent_since_ns": ago(20.0, 1)}, False),
        ({"silent_since_ns": None}, False),
    ],
    ids=[
        "two echoes in a row",
        "one echo",
        "it never answered any",
        "since the last lookup that worked",
        "since before it",
        "it is not known since when",
    ],
)
def test_a_machine_is_gone_that_leaves_two_echoes_unanswered_since_its_lookups_failed(
    shown: Shown, *, is_gone: bool
) -> None:
    of_machine: Shown = {"answered_ns": ago(25.0), "silences": 2, "silent_since_ns": ago(9.0)}
    at = judged_link(echoes("resolver", **of_machine | shown))
    assert is_server_gone(at.link, dead()) is is_gone
    assert not is_server_gone(judged_link().link, dead()), "it is asked for no echoes"
