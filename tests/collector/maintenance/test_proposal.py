"""A carrier proposes work on its own circuits, ahead of time, within bounds."""

from datetime import datetime, timedelta

import pytest

from tests.collector.notify.incident_events import city_inventory
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.proposal import (
    MOST_PENDING,
    ProposalMistake,
    proposal_from,
    scopes,
)
from thongsuot_schema.words.dates import VIETNAM

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=VIETNAM)
NOW_NS = round(NOW.timestamp()) * NS_PER_S
DIRECTORY = InventoryDirectory(city_inventory())
CARRIER = next(iter(DIRECTORY.carriers))


def fields(**changes: str) -> dict[str, str]:
    """Return a form that is right: tonight, four hours, all circuits."""
    return {
        "scope": "all",
        "start": "2026-11-26T22:00",
        "end": "2026-11-27T02:00",
        "text": "Nâng cấp",
        "name": "Bình",
    } | changes


def propose(known: tuple[ProposedWork, ...] = (), **changes: str) -> ProposedWork | ProposalMistake:
    return proposal_from(fields(**changes), CARRIER, DIRECTORY, known, now_ns=NOW_NS)


def test_its_window_is_of_the_carrier_alone_and_in_vietnams_time() -> None:
    work = propose()
    assert isinstance(work, ProposedWork)
    assert work.window.carrier == CARRIER
    assert work.window.start_ns == NOW_NS + 13 * 3_600 * NS_PER_S
    assert work.window.end_ns - work.window.start_ns == 4 * 3_600 * NS_PER_S
    assert work.is_pending(NOW_NS)
    assert not work.is_pending(work.window.end_ns)


def test_only_own_circuits_and_the_communes_that_have_them_are_offered() -> None:
    offered = scopes(CARRIER, DIRECTORY)
    assert offered[0].key == "all"
    for scope in offered[1:]:
        if scope.link:
            link = DIRECTORY.link(scope.site, scope.link)
            assert link is not None
            assert link.carrier == CARRIER
    assert propose(scope="link:none:fiber") is ProposalMistake.SCOPE
    proposed = propose(scope=offered[-1].key)
    assert isinstance(proposed, ProposedWork)
    assert (proposed.window.site, proposed.window.link) == (offered[-1].site, offered[-1].link)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"name": ""}, ProposalMistake.PERSON),
        ({"text": ""}, ProposalMistake.NOTE),
        ({"start": "x"}, ProposalMistake.TIME),
        ({"end": "2026-11-26T22:00"}, ProposalMistake.TIME),
        ({"start": "2026-11-26T09:00"}, ProposalMistake.PAST),
        ({"end": "2026-12-10T22:01"}, ProposalMistake.LENGTH),
        ({"start": "2028-01-02T00:00", "end": "2028-01-02T01:00"}, ProposalMistake.LENGTH),
    ],
)
def test_a_mistake_is_named(changes: dict[str, str], mistake: ProposalMistake) -> None:
    assert proposal_from(fields(**changes), CARRIER, DIRECTORY, (), now_ns=NOW_NS) is mistake


def test_a_carriers_pending_proposals_are_limited() -> None:
    known: list[ProposedWork] = []
    for hour in range(MOST_PENDING):
        begin = NOW + timedelta(days=1, hours=hour)
        work = propose(
            tuple(known),
            start=begin.strftime("%Y-%m-%dT%H:%M"),
            end=(begin + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        )
        assert isinstance(work, ProposedWork)
        known.append(work)
    assert propose(tuple(known)) is ProposalMistake.COUNT
