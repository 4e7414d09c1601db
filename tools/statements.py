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

A statement is about one circuit and one calendar month in Asia/Ho_Chi_Minh. It is reckoned in
whole milliseconds from the intervals that the collector keeps; each millisecond is in exactly one
class.

## Classes

| class | | tiếng Việt | counted |
| --- | --- | --- | --- |
"""

_RULES = """
- **up** is also time of which the verdict is up and the record complete; a verdict that is only
  presumed to stand (numbers of the record are missing) is **unknown** until they arrive, and so
  is silence.
- **down** and **degraded** are those verdicts with the fault in `access`, `carrier` or `transit`.
  With the fault in `lan` or `device` the time is **customer**.
- **power** is time in which the device was off (its boot id and uptime say so).
- **maintenance** is the whole window of planned work that covers the link, whatever the link did.
- **outside** goes before maintenance, and that before everything else.

What a contract does not list under `excludes` falls back: planned work to what the link did,
power and the point's own faults to **down** (or **degraded**). Unknown time is never counted.

## Figures

- Service time = up + degraded + down. Availability = (service time − downtime) : service time,
  cut off at four decimals for people and compared exactly.
- An **interruption** begins when the circuit is found down by the carrier's fault, and is over
  when it has been up or degraded for `calm_s` of `[timeline]`. Time that is not counted neither
  ends it nor counts. Over the end of a month it is one interruption: its downtime is split, it is
  numbered as begun in the first month, and its time to restore belongs to the month in which it
  was over.
- **Told** is when the first message of an incident that contains the fault was delivered to the
  circuit's carrier, after the fault was known. A fault of which the carrier was not told before
  it was over counts no downtime from then, and no repair.
- **Time to restore** is the counted downtime of the whole interruption, from its onset or from
  when the carrier was told.
- An interruption that began more than two months before the statement's quarter is shown from
  there on.

A month's statement is issued once it is over and anything was measured; it gets a new revision
when anything but the titles of site, commune and carrier differs. Until then there is a draft,
which ends at the last moment that the device of the site has told of: what came after is not known
yet.

Availability and times to restore are held against the terms only where so much of the time is
known as `coverage_ratio` of the contract asks for. With less the result is *not enough data*, on
the page, in the PDF and in the CSV (`not_enough_data`).

## CSV

RFC 4180, UTF-8, one row for each stretch, in order and without gap. `from` and `until` are ISO
8601, `duration_s` exact to the millisecond. `interruption` and `notified` are filled where the
class is `down`. Downtime is the sum of `duration_s` where `time_class` is `down`; from when the
carrier was told, where `notified` is 1 as well. `coverage_ratio` (the share of the time that is
known) and `availability_result` (`met`, `not_met`, `not_enough_data`, `no_target`) are of the whole
time that is assessed, and the same in each row. `dispute` (`open`, `carrier_upheld`,
`carrier_responsible`, `withdrawn`) and `disputed_incident` mark what was dead or slow in an
interval of which the carrier says that it is not its own.

A disputed interval changes no figure. It stands on the statement, on paper too, with what the
carrier says and what the city decided; a dispute, or a decision, that comes after a statement was
issued makes a new revision of it.

Nor does a **switch-over** change one. Where the device watches what the computers at the counter
get ([counter](probes/counter.md)), the statement says when in the month they left this circuit for
another link, how long nothing could be opened until they were there, and after how long they were
back, if they were by the end of the month. Such moves are kept by the collector for good.

"""

_CONTRACTS = """
## `[[contracts]]` of the inventory

"""

_LIMITS = """
## What the regulations ask for

Taken where the contract leaves it out, or there is none. The limits of QCVN 34 are those of the
editions that could be read: availability from QCVN 34:2019 (the indicator is kept in 2022), times
to restore from QCVN 34:2014 (the figures of 2019 and 2022 could not be read: enter those of your
contract). QCVN 126:2021 and QCVN 81:2019 ask for rates, delay and coverage, and for no share of
the time; leased lines are outside all three. Where nothing is asked for, nothing is assessed.

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
    yield ", from the onset as measured or from when the carrier was told.\n"


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
