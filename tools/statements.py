"""The page of statements and contracts, from the types and tables that define them."""

from collections.abc import Iterator

from tools.settings import table

from thongsuot_collector.sla.csv_table import COLUMNS
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.sla.terms import REGULATIONS, AreaKind
from thongsuot_collector.sla.words import TIME_CLASSES
from thongsuot_schema.inventory.contract_terms import Contract, Exclusion, Since

_HEAD = """\
# Service level statements

Made from `collector/src/thongsuot_collector/sla/` and the type of `[[contracts]]` by `./run
reference`; do not edit. [How to issue them](../how-to/issue-statements.md).

A statement covers one circuit and one calendar month in Asia/Ho_Chi_Minh. It is calculated in whole
milliseconds from the collector's intervals; each millisecond belongs to exactly one class.

## Classes

| class | | tiếng Việt | counted |
| --- | --- | --- | --- |
"""

_RULES = """
- **up** requires that the verdict is up and the record is complete; while numbers of the record are
  missing, a verdict is only presumed, and the time is **unknown** until they arrive, as is silence.
- **down** and **degraded** are these verdicts with the fault in `access`, `carrier` or `transit`.
  With the fault in `lan` or `device` the time is **customer**.
- **power** is time in which the device was off, as shown by its boot id and uptime.
- **maintenance** is the whole window of planned work that covers the link, whatever its state was.
- **outside** takes precedence over maintenance, and maintenance over all other classes.

Classes that a contract does not list under `excludes` are counted: planned work by the state of the
link, power and the point's own faults as **down** (or **degraded**). Unknown time is never counted.

## Figures

- Service time = up + degraded + down. Availability = (service time − downtime) : service time,
  truncated to four decimals for people and compared exactly.
- An **interruption** begins when the circuit is down by the carrier's fault, and ends when it has
  been up or degraded for `calm_s` of `[timeline]`. Time that is not counted neither ends it nor
  adds to it. An interruption across the end of a month is one interruption: its downtime is split,
  it counts as begun in the first month, and its time to restore belongs to the month of its end.
- **Notified** is the time at which the first message of an incident that contains the fault was
  delivered to the circuit's carrier, after the fault was known. A fault without a notification
  before its end has no downtime since the notification, and no repair.
- **Time to restore** is the counted downtime of the whole interruption, since its onset or since
  the notification of the carrier.
- An interruption that began more than two months before the statement's quarter is shown from that
  time on.

A month's statement is issued once the month is over and anything was measured; it gets a new
revision when anything except the titles of site, commune and carrier changes. Until then there is a
draft, which ends at the time of the device's latest data: later time is not known yet.

Availability and times to restore are compared with the terms only if the known share of the time
reaches the contract's `coverage_ratio`. Otherwise the result is *not enough data*, on the page, in
the PDF and in the CSV (`not_enough_data`).

## CSV

RFC 4180, UTF-8, one row per period, in order and without gaps. `from` and `until` are ISO 8601,
`duration_s` is exact to the millisecond. `interruption` and `notified` are set if the class is
`down`. Downtime is the sum of `duration_s` where `time_class` is `down`; downtime since the
notification of the carrier is the sum where `notified` is also 1. `coverage_ratio` (the known share
of the time) and `availability_result` (`met`, `not_met`, `not_enough_data`, `no_target`) belong to
the whole assessed time, and are the same in each row. `dispute` (`open`, `carrier_upheld`,
`carrier_responsible`, `withdrawn`) and `disputed_incident` mark faulty time in an interval for
which the carrier denies responsibility.

A disputed interval changes no figure. It is shown on the statement, also on paper, with the
carrier's statement and the city's decision; a dispute, or a decision, after a statement was issued
makes a new revision of it.

A **switch-over** does not change a figure either. If the device monitors the connectivity of the
counter's computers ([counter](probes/counter.md)), the statement lists when in the month they moved
from this circuit to another link, how long they had no connectivity before that, and when they
returned, if they did by the end of the month. The collector keeps such moves permanently.

"""

_CONTRACTS = """
## `[[contracts]]` of the inventory

"""

_LIMITS = """
## Requirements of the regulations

They apply if the contract has no such term, or if there is no contract. The limits of QCVN 34 are
those of the editions that could be read: availability from QCVN 34:2019 (the indicator is kept in
2022), times to restore from QCVN 34:2014 (the figures of 2019 and 2022 could not be read: enter
those of your contract). QCVN 126:2021 and QCVN 81:2019 require rates, delay and coverage, but no
availability; leased lines are outside the scope of all three. Without a requirement nothing is
assessed.

| medium | regulation | availability | repair in a ward | in a commune | share of repairs |
| --- | --- | --- | --- | --- | --- |
"""


def statements_page() -> str:
    """Return docs/reference/statements.md."""
    columns = ", ".join(f"`{name}`" for name in COLUMNS)
    return (
        _HEAD
        + "".join(_classes())
        + _RULES
        + f"Columns: {columns}.\n"
        + _CONTRACTS
        + "\n".join(table(Contract))
        + "\n"
        + "".join(_words())
        + _LIMITS
        + "".join(_regulations())
    )


def _classes() -> Iterator[str]:
    counted = {TimeClass.UP: "yes", TimeClass.DEGRADED: "yes", TimeClass.DOWN: "yes, as downtime"}
    for time_class, words in TIME_CLASSES.items():
        names = f"{words.read('en')} | {words.read('vi')}"
        yield f"| `{time_class}` | {names} | {counted.get(time_class, 'no')} |\n"


def _words() -> Iterator[str]:
    yield "\n`excludes`: "
    yield ", ".join(f"`{since}`" for since in Exclusion)
    yield ". `downtime_since`, `repair_since`: "
    yield ", ".join(f"`{since}`" for since in Since)
    yield ", from the onset as measured or since the carrier was notified.\n"


def _regulations() -> Iterator[str]:
    for medium, asked in REGULATIONS.items():
        ratio, share = asked.availability_ratio, asked.repair_ratio
        cells = (
            f"`{medium}`",
            asked.name or "none",
            "none" if ratio is None else f"{ratio:g}",
            *(_hours(asked.repair_s.get(area)) for area in (AreaKind.WARD, AreaKind.COMMUNE)),
            "none" if share is None else f"{share:g}",
        )
        yield f"| {' | '.join(cells)} |\n"


def _hours(limit_s: float | None) -> str:
    return "none" if limit_s is None else f"{limit_s / 3_600:g} h"
