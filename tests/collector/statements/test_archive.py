"""What statements rest on is read from the store; revisions are issued when it changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.collector.sla.examples import BASE, DAY, HOUR, NOVEMBER
from tests.collector.sla.reference_count import CUT, SILENT, UP, S
from tests.collector.statements.circuit_month import LINK, SITE, StatementFixture, november
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement import Circuit, Statement
from thongsuot_collector.sla.terms import AreaKind
from thongsuot_collector.statements import revision_store
from thongsuot_collector.statements.archive import StatementIssuer
from thongsuot_collector.statements.circuits import circuits
from thongsuot_collector.statements.settings import SlaSettings
from thongsuot_collector.store.tables import STATEMENTS
from thongsuot_schema.inventory.model import Contract, Medium
from thongsuot_schema.segment import Party


@pytest.fixture
def books(tmp_path: Path) -> Iterator[StatementFixture]:
    made = StatementFixture(tmp_path)
    yield made
    made.store.dispose()


def circuit(books: StatementFixture) -> Circuit:
    circuit_found = books.archive.circuit("HN/FTTH 42", NOVEMBER)
    assert circuit_found is not None
    return circuit_found


def statement(books: StatementFixture) -> Statement:
    return books.archive.statement(circuit(books), NOVEMBER)


def test_circuits_are_named_as_carriers_do_and_else_by_site_and_link(
    books: StatementFixture,
) -> None:
    listed = circuits(books.archive.directory)
    assert [(named_circuit.name, named_circuit.medium) for named_circuit in listed] == [
        ("HN/FTTH 42", Medium.FIBER),
        ("hk-01/5g", Medium.RADIO_5G),
    ]
    assert books.archive.circuit("hk-01/fiber", NOVEMBER) == listed[0]
    assert books.archive.circuit("nothing", NOVEMBER) is None


def test_a_statement_is_read_from_what_the_keeper_and_the_dispatcher_wrote(
    books: StatementFixture,
) -> None:
    november(books)
    issued = statement(books)
    (only,) = issued.interruptions
    assert (only.down_ms, only.down_notified_ms) == (HOUR * S, HOUR * S - 8_250)
    assert (only.incident, only.reference) == (f"i{HOUR}", "T-9")
    assert issued.totals.by_class[TimeClass.POWER] == 2 * HOUR * S
    assert issued.terms.area is AreaKind.WARD
    assert issued.names.site == "Điểm phục vụ Ba Đình"
    assert issued.is_final


def test_only_what_reached_the_carrier_itself_counts_as_told(books: StatementFixture) -> None:
    books.live((-DAY, UP), (HOUR, CUT), (2 * HOUR, UP))
    books.trouble(HOUR, 2 * HOUR)
    books.tell(f"i{HOUR}", HOUR + 5, outcome=ChannelOutcome.RETRY)
    books.tell(f"i{HOUR}", HOUR + 6, audience=CITY)
    books.tell(f"i{HOUR}", HOUR + 7, audience=ResponsibleParty(Party.CARRIER, "viettel"))
    books.tell(f"i{HOUR}", 2 * HOUR + 10, kind="resolved")
    assert statement(books).interruptions[0].notified_ms is None
    books.tell(f"i{HOUR}", HOUR + 90, kind="updated")
    assert statement(books).interruptions[0].notified_ms == BASE + (HOUR + 90) * S + 250


def test_a_carrier_is_not_told_of_a_fault_before_that_fault_was_known(
    books: StatementFixture,
) -> None:
    books.live((-DAY, UP), (HOUR, CUT), (2 * HOUR, UP))
    books.trouble(HOUR, 2 * HOUR, known_s=HOUR + 60)
    books.tell(f"i{HOUR}", HOUR + 5)
    assert statement(books).interruptions[0].notified_ms is None


def test_planned_work_is_that_of_the_circuit(books: StatementFixture) -> None:
    november(books)
    books.plan_work(0, DAY, carrier="viettel")
    assert statement(books).totals.by_class[TimeClass.MAINTENANCE] == 0
    books.plan_work(0, DAY, carrier="vnpt")
    assert statement(books).totals.by_class[TimeClass.MAINTENANCE] == DAY * S
    assert statement(books).interruptions == ()


def test_what_stands_open_lasts_only_until_the_site_was_heard_last(books: StatementFixture) -> None:
    books.live((-DAY, UP), heard_s=10 * DAY)
    assert statement(books).totals.by_class[TimeClass.UP] == 10 * DAY * S
    assert statement(books).totals.by_class[TimeClass.UNKNOWN] == 20 * DAY * S
    books.live((-DAY, UP), (3 * DAY, SILENT), heard_s=3 * DAY)
    assert statement(books).totals.by_class[TimeClass.UNKNOWN] == 27 * DAY * S


def test_the_contract_of_the_inventory_is_what_is_held_against(tmp_path: Path) -> None:
    contract = Contract(name="c", carrier="vnpt", availability_ratio=0.999, first_month="2026-11")
    books = StatementFixture(tmp_path, contracts=(contract,))
    november(books)
    assert statement(books).is_available_enough is False
    october = books.archive.statement(circuit(books), NOVEMBER.after(-1))
    assert october.terms.contract == ""
    books.store.dispose()


def test_late_data_issues_a_new_revision_that_says_what_changed(books: StatementFixture) -> None:
    books.live((-DAY, UP), (HOUR, SILENT), (2 * HOUR, UP))
    first = books.archive.issue_revision(circuit(books), NOVEMBER)
    assert (first.revision, first.number) == (1, "2026-11/HN/FTTH 42/1")
    assert books.archive.issue_revision(circuit(books), NOVEMBER) == first
    november(books)
    books.now_s += DAY
    second = books.archive.issue_revision(circuit(books), NOVEMBER)
    assert second.revision == 2
    said = {change.subject: (change.before, change.after) for change in second.changes}
    assert said["down"] == (0, HOUR * S)
    assert said["unknown"] == (HOUR * S, 0)
    assert said["begun"] == (0, 1)
    assert said["interruption"] == (None, HOUR * S)
    assert revision_store.latest(books.store, "2026-11", SITE, LINK) == second
    assert revision_store.revision(books.store, "2026-11", SITE, LINK, 1) == first
    assert [
        number for number, _ in revision_store.revisions(books.store, "2026-11", SITE, LINK)
    ] == [1, 2]
    (brief,) = revision_store.summaries(books.store, "2026-11")
    assert (brief.revision, brief.down_ms) == (2, HOUR * S)
    assert revision_store.months(books.store) == ["2026-11"]


def test_a_month_that_is_not_over_or_was_not_measured_is_not_issued(
    books: StatementFixture,
) -> None:
    november(books)
    books.now_s = 20 * DAY
    draft = books.archive.issue_revision(circuit(books), NOVEMBER)
    assert draft.is_draft
    assert draft.statement.totals.until_ms == BASE + 20 * DAY * S
    books.now_s = 31 * DAY
    assert books.archive.issue_revision(circuit(books), NOVEMBER.after(-2)).is_draft
    assert revision_store.months(books.store) == []


def test_a_draft_ends_at_the_last_moment_that_is_proven(books: StatementFixture) -> None:
    books.live((-DAY, UP), (HOUR, CUT), heard_s=10 * DAY)
    books.now_s = 20 * DAY
    draft = statement(books)
    assert draft.totals.until_ms == BASE + 10 * DAY * S
    assert draft.totals.by_class[TimeClass.UNKNOWN] == 0
    (only,) = draft.interruptions
    assert (only.down_ms, only.until_ms) == ((10 * DAY - HOUR) * S, None)
    # Once the month is over what nothing was heard of is unknown, and the statement is one.
    books.now_s = 31 * DAY
    assert statement(books).is_final
    assert statement(books).totals.by_class[TimeClass.UNKNOWN] == 20 * DAY * S


async def test_statements_are_issued_by_themselves_some_time_after_the_month(
    books: StatementFixture,
) -> None:
    november(books)
    settings = SlaSettings()
    books.now_s = 30 * DAY + 86_399
    assert NOVEMBER not in StatementIssuer(books.archive, settings).due()
    books.now_s = 31 * DAY
    issuer = StatementIssuer(books.archive, settings)
    assert issuer.due() == [NOVEMBER.after(-1), NOVEMBER]
    await issuer.issue_due()
    assert revision_store.months(books.store) == ["2026-11", "2026-10"]
    assert [
        summary.circuit.name for summary in revision_store.summaries(books.store, "2026-11")
    ] == ["HN/FTTH 42"]
    books.now_s = 30 * DAY + 37 * DAY
    assert NOVEMBER not in StatementIssuer(books.archive, settings).due()


def test_a_circuit_that_left_the_inventory_keeps_its_statements(books: StatementFixture) -> None:
    november(books)
    gone = circuit(books)
    issued = books.archive.issue_revision(gone, NOVEMBER)
    archive = books.archive
    archive.directory.sites.pop(SITE)
    kept = archive.circuit("HN/FTTH 42", NOVEMBER)
    assert kept == gone
    assert archive.newest_or_draft(gone, NOVEMBER) == issued
    with books.store.begin() as connection:
        connection.execute(delete(STATEMENTS))
    assert archive.circuit("HN/FTTH 42", NOVEMBER) is None
