"""What statements rest on is read from the store; revisions are issued when it changes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from tests.collector.sla.examples import BASE, DAY, HOUR, NOVEMBER
from tests.collector.sla.reference_count import CUT, SILENT, UP, S
from tests.collector.statements.circuit_month import LINK, SITE, StatementFixture, november
from tests.collector.store.in_between import once_before_reading
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.statement import Circuit, Statement
from thongsuot_collector.sla.terms import AreaKind
from thongsuot_collector.state.switch_over_rows import add_switch_overs
from thongsuot_collector.statements import revision_store
from thongsuot_collector.statements.archive import StatementIssuer
from thongsuot_collector.statements.circuit_record import read_circuit_record
from thongsuot_collector.statements.circuits import circuits
from thongsuot_collector.statements.settings import SlaSettings
from thongsuot_collector.store.tables import STATEMENTS
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Party


@pytest.fixture
def month(tmp_path: Path, open_each_store: Callable[[], Engine]) -> StatementFixture:
    return StatementFixture(tmp_path, given_store=open_each_store())


def circuit(month: StatementFixture) -> Circuit:
    circuit_found = month.archive.circuit("HN/FTTH 42", NOVEMBER)
    assert circuit_found is not None
    return circuit_found


def statement(month: StatementFixture) -> Statement:
    return month.archive.statement(circuit(month), NOVEMBER)


def test_circuits_have_the_carriers_id_or_else_site_and_link(
    month: StatementFixture,
) -> None:
    listed = circuits(month.archive.directory)
    assert [(named_circuit.name, named_circuit.medium) for named_circuit in listed] == [
        ("HN/FTTH 42", Medium.FIBER),
        ("hk-01/5g", Medium.RADIO_5G),
    ]
    assert month.archive.circuit("hk-01/fiber", NOVEMBER) == listed[0]
    assert month.archive.circuit("nothing", NOVEMBER) is None


def test_a_statement_is_read_from_what_the_keeper_and_the_dispatcher_wrote(
    month: StatementFixture,
) -> None:
    november(month)
    issued = statement(month)
    (only,) = issued.interruptions
    assert (only.down_ms, only.down_notified_ms) == (HOUR * S, HOUR * S - 8_250)
    assert (only.incident, only.reference) == (f"i{HOUR}", "T-9")
    assert issued.totals.by_class[TimeClass.POWER] == 2 * HOUR * S
    assert issued.terms.area is AreaKind.WARD
    assert issued.names.site == "Điểm phục vụ Ba Đình"
    assert issued.is_final


def test_only_a_message_delivered_to_the_carrier_counts_as_its_notification(
    month: StatementFixture,
) -> None:
    month.live((-DAY, UP), (HOUR, CUT), (2 * HOUR, UP))
    month.fault(HOUR, 2 * HOUR)
    month.tell(f"i{HOUR}", HOUR + 5, outcome=ChannelOutcome.RETRY)
    month.tell(f"i{HOUR}", HOUR + 6, audience=CITY)
    month.tell(f"i{HOUR}", HOUR + 7, audience=ResponsibleParty(Party.CARRIER, "viettel"))
    month.tell(f"i{HOUR}", 2 * HOUR + 10, kind="resolved")
    assert statement(month).interruptions[0].notified_ms is None
    month.tell(f"i{HOUR}", HOUR + 90, kind="updated")
    assert statement(month).interruptions[0].notified_ms == BASE + (HOUR + 90) * S + 250


def test_a_carrier_is_not_notified_of_a_fault_before_that_fault_was_known(
    month: StatementFixture,
) -> None:
    month.live((-DAY, UP), (HOUR, CUT), (2 * HOUR, UP))
    month.fault(HOUR, 2 * HOUR, known_s=HOUR + 60)
    month.tell(f"i{HOUR}", HOUR + 5)
    assert statement(month).interruptions[0].notified_ms is None


def test_switch_overs_of_the_site_are_listed_on_the_circuit_that_was_left(
    month: StatementFixture,
) -> None:
    november(month)
    moves = [
        SwitchOver(at_s=(BASE / S) + at_s, from_link=before, to_link=after, took_s=took_s)
        for at_s, before, after, took_s in (
            (-DAY, LINK, "5g", 5.0),
            (-DAY + 60, "5g", LINK, 0.0),
            (HOUR + 40, LINK, "5g", 38.0),
            (2 * HOUR + 30, "5g", LINK, 0.0),
        )
    ]
    with month.store.begin() as connection:
        add_switch_overs(connection, {SITE: moves, "elsewhere": moves})
    (only,) = statement(month).switch_overs
    assert (only.to_link, only.took_ms) == ("5g", 38_000)
    assert only.back_ms == BASE + (2 * HOUR + 30) * S
    other = next(c for c in circuits(month.archive.directory) if c.link == "5g")
    assert month.archive.statement(other, NOVEMBER).switch_overs == ()


def test_planned_work_is_that_of_the_circuit(month: StatementFixture) -> None:
    november(month)
    month.plan_work(0, DAY, carrier="viettel")
    assert statement(month).totals.by_class[TimeClass.MAINTENANCE] == 0
    month.plan_work(0, DAY, carrier="vnpt")
    assert statement(month).totals.by_class[TimeClass.MAINTENANCE] == DAY * S
    assert statement(month).interruptions == ()


def test_an_open_interval_lasts_only_until_the_site_last_reported(
    month: StatementFixture,
) -> None:
    month.live((-DAY, UP), heard_s=10 * DAY)
    assert statement(month).totals.by_class[TimeClass.UP] == 10 * DAY * S
    assert statement(month).totals.by_class[TimeClass.UNKNOWN] == 20 * DAY * S
    month.live((-DAY, UP), (3 * DAY, SILENT), heard_s=3 * DAY)
    assert statement(month).totals.by_class[TimeClass.UNKNOWN] == 27 * DAY * S


def test_a_statement_is_of_one_moment_whatever_is_written_while_it_is_read(
    month: StatementFixture,
) -> None:
    """
    A line that is cut between two reads was up until then, not until its site reported the cut.
    """
    month.live((-DAY, UP), heard_s=10 * DAY)
    line, span = circuit(month), (NOVEMBER.from_ms, NOVEMBER.until_ms)
    cut = partial(month.live, (-DAY, UP), (10 * DAY, CUT), heard_s=20 * DAY)
    written = once_before_reading(month.store, "timelines", cut)
    directory = month.archive.directory
    before = read_circuit_record(month.store, line, directory, span, known_ms=0)
    assert len(written) == 1
    (up,) = before.intervals
    assert up.end_ns == (BASE + 10 * DAY * S) * 1_000_000
    after = read_circuit_record(month.store, line, directory, span, known_ms=0)
    assert [interval.end_ns for interval in after.intervals] == [
        (BASE + 10 * DAY * S) * 1_000_000,
        (BASE + 20 * DAY * S) * 1_000_000,
    ]


def test_a_statement_is_held_against_the_contract_of_its_month(tmp_path: Path) -> None:
    contract = Contract(name="c", carrier="vnpt", availability_ratio=0.999, first_month="2026-11")
    month = StatementFixture(tmp_path, contracts=(contract,))
    november(month)
    assert statement(month).is_available_enough is False
    october = month.archive.statement(circuit(month), NOVEMBER.after(-1))
    assert october.terms.contract == ""
    month.store.dispose()


def test_late_data_issues_a_new_revision_that_says_what_changed(month: StatementFixture) -> None:
    month.live((-DAY, UP), (HOUR, SILENT), (2 * HOUR, UP))
    first = month.archive.issue_revision(circuit(month), NOVEMBER)
    assert (first.revision, first.number) == (1, "2026-11/HN/FTTH 42/1")
    assert month.archive.issue_revision(circuit(month), NOVEMBER) == first
    november(month)
    month.now_s += DAY
    second = month.archive.issue_revision(circuit(month), NOVEMBER)
    assert second.revision == 2
    values = {change.subject: (change.before, change.after) for change in second.changes}
    assert values["down"] == (0, HOUR * S)
    assert values["unknown"] == (HOUR * S, 0)
    assert values["begun"] == (0, 1)
    assert values["interruption"] == (None, HOUR * S)
    assert revision_store.latest(month.store, "2026-11", SITE, LINK) == second
    assert revision_store.revision(month.store, "2026-11", SITE, LINK, 1) == first
    assert [
        number for number, _ in revision_store.revisions(month.store, "2026-11", SITE, LINK)
    ] == [1, 2]
    (brief,) = revision_store.summaries(month.store, "2026-11")
    assert (brief.revision, brief.down_ms) == (2, HOUR * S)
    assert revision_store.months(month.store) == ["2026-11"]


def test_a_month_that_is_not_over_or_was_not_measured_is_not_issued(
    month: StatementFixture,
) -> None:
    november(month)
    month.now_s = 20 * DAY
    draft = month.archive.issue_revision(circuit(month), NOVEMBER)
    assert draft.is_draft
    assert draft.statement.totals.until_ms == BASE + 20 * DAY * S
    month.now_s = 31 * DAY
    assert month.archive.issue_revision(circuit(month), NOVEMBER.after(-2)).is_draft
    assert revision_store.months(month.store) == []


def test_a_draft_ends_with_the_last_report(month: StatementFixture) -> None:
    month.live((-DAY, UP), (HOUR, CUT), heard_s=10 * DAY)
    month.now_s = 20 * DAY
    draft = statement(month)
    assert draft.totals.until_ms == BASE + 10 * DAY * S
    assert draft.totals.by_class[TimeClass.UNKNOWN] == 0
    (only,) = draft.interruptions
    assert (only.down_ms, only.until_ms) == ((10 * DAY - HOUR) * S, None)
    # Once the month is over what nothing was heard of is unknown, and the statement is one.
    month.now_s = 31 * DAY
    assert statement(month).is_final
    assert statement(month).totals.by_class[TimeClass.UNKNOWN] == 20 * DAY * S


async def test_statements_are_issued_by_themselves_some_time_after_the_month(
    month: StatementFixture,
) -> None:
    november(month)
    settings = SlaSettings()
    month.now_s = 30 * DAY + 86_399
    assert NOVEMBER not in StatementIssuer(month.archive, settings).due()
    month.now_s = 31 * DAY
    issuer = StatementIssuer(month.archive, settings)
    assert issuer.due() == [NOVEMBER.after(-1), NOVEMBER]
    await issuer.issue_due()
    assert revision_store.months(month.store) == ["2026-11", "2026-10"]
    assert [
        summary.circuit.name for summary in revision_store.summaries(month.store, "2026-11")
    ] == ["HN/FTTH 42"]
    month.now_s = 30 * DAY + 37 * DAY
    assert NOVEMBER not in StatementIssuer(month.archive, settings).due()


def test_a_circuit_that_left_the_inventory_keeps_its_statements(month: StatementFixture) -> None:
    november(month)
    gone = circuit(month)
    issued = month.archive.issue_revision(gone, NOVEMBER)
    archive = month.archive
    archive.directory.sites.pop(SITE)
    kept = archive.circuit("HN/FTTH 42", NOVEMBER)
    assert kept == gone
    assert archive.newest_or_draft(gone, NOVEMBER) == issued
    with month.store.begin() as connection:
        connection.execute(delete(STATEMENTS))
    assert archive.circuit("HN/FTTH 42", NOVEMBER) is None
