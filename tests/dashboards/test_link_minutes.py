"""Minutes over weeks, from the hours that rules have counted: against all minutes, counted anew."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dashboards.board_queries import Prometheus, Window, choices, fill_variables
from tests.servers import PrometheusServer, need
from thongsuot_dashboards.boards.carriers import BOARD as CARRIERS
from thongsuot_dashboards.link_minutes import HOURS, Counted, LinkMinutes
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.rule_file import RecordingRule, RuleGroup, rule_file_text
from thongsuot_dashboards.text import Language

pytestmark = pytest.mark.servers

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
LENGTH_S = 12 * DAY_S
END_S = 1_780_000_000 // DAY_S * DAY_S + 17 * MINUTE_S
START_S = END_S - LENGTH_S
ACCESS, DEVICE = 3, 1
"""Rungs: the carrier answers for the first, not for the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOutage:
    """A time in which a link was down, as seconds before the end, and the rung at fault."""

    began_s: int
    lasted_s: int
    rung: int = ACCESS

    def covers(self, at_s: int) -> bool:
        return END_S - self.began_s <= at_s < END_S - self.began_s + self.lasted_s


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedLink:
    """A link, its outages, and those among them that were told of only after nine days."""

    name: str
    outages: tuple[LinkOutage, ...] = ()
    told_late: tuple[LinkOutage, ...] = ()

    def lines(self, *, late: bool) -> Iterator[str]:
        """Yield the verdicts that come at once, or those that come late, as OpenMetrics."""
        for metric in ("state", "segment"):
            labels = f'commune="00070",site="a",link="{self.name}",carrier="vnpt",medium="fiber"'
            for at_s in range(START_S + MINUTE_S, END_S + 1, MINUTE_S):
                if late != any(outage.covers(at_s) for outage in self.told_late):
                    continue
                outage = next((o for o in self.outages + self.told_late if o.covers(at_s)), None)
                value = 0 if outage is None else (2 if metric == "state" else outage.rung)
                yield f"thongsuot_verdict_{metric}_number{{{labels}}} {value} {at_s}\n"


LINKS = (
    PlayedLink(
        name="often",
        outages=(
            LinkOutage(began_s=3 * HOUR_S, lasted_s=20 * MINUTE_S),
            LinkOutage(began_s=2 * DAY_S + 90 * MINUTE_S, lasted_s=3 * HOUR_S),
            LinkOutage(began_s=5 * DAY_S, lasted_s=10 * MINUTE_S, rung=DEVICE),
            LinkOutage(began_s=10 * DAY_S, lasted_s=45 * MINUTE_S),
        ),
    ),
    PlayedLink(name="well"),
    PlayedLink(name="late", told_late=(LinkOutage(began_s=11 * DAY_S, lasted_s=5 * HOUR_S),)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDatabase:
    """A Prometheus with twelve days of links, and the hours as its rules counted them."""

    prometheus: Prometheus

    def counted(self, counted: Counted, length_s: int) -> dict[str, float]:
        """Return by link what the boards' query says of a time up to the end."""
        window = Window(start_s=END_S - length_s, end_s=END_S)
        values, _ = choices(_board(CARRIERS), self.prometheus, window, {})
        query = LinkMinutes(matchers={}).total(counted, "link")
        return self._by_link(fill_variables(query, values))

    def minute_by_minute(self, counted: Counted, length_s: int) -> dict[str, float]:
        """Return the same from all measurements."""
        window = f"{length_s * 1000 - 1}ms:60s"
        return self._by_link(f"sum by (link) (count_over_time(({counted.moments({})})[{window}]))")

    def _by_link(self, query: str) -> dict[str, float]:
        answer = self.prometheus.instant(query, "{{link}}", END_S)
        return {series.name: series.last for series in answer}


def _board(board: Board) -> dict[str, object]:
    data: dict[str, object] = json.loads(board.to_json(Language.EN))
    return data


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedDatabase]:
    """What arrives late arrives when each hour was counted for the first time, not the second."""
    need("prometheus")
    need("promtool")
    folder = tmp_path_factory.mktemp("minutes")
    write_blocks(folder, [line for link in LINKS for line in link.lines(late=False)])
    server = PrometheusServer(folder, retention="10y").start()
    try:
        count_hours(folder, server, after="1d")
        write_blocks(folder, [line for link in LINKS for line in link.lines(late=True)])
        server.stop()
        server.start()
        count_hours(folder, server, after="8d")
        server.stop()
        server.start()
        yield PlayedDatabase(prometheus=Prometheus(server.url))
    finally:
        server.stop()


def write_blocks(folder: Path, lines: Sequence[str]) -> None:
    text = folder / "samples.txt"
    text.write_text("".join(lines) + "# EOF\n", encoding="utf-8")
    create_blocks("openmetrics", text, folder / "data", "-q")


def count_hours(folder: Path, server: PrometheusServer, *, after: str) -> None:
    """Have promtool run those rules over all of the time that count so long after an hour."""
    rules = folder / f"hours-{after}.yml"
    chosen = tuple(
        rule
        for rule in HOURS.rules
        if isinstance(rule, RecordingRule) and rule.labels["after"] == after
    )
    group = RuleGroup(name=HOURS.name, every=HOURS.every, rules=chosen)
    rules.write_text(rule_file_text([group], head="A part."), encoding="utf-8")
    create_blocks(
        "rules",
        f"--url={server.url}",
        f"--start={START_S}",
        f"--end={END_S}",
        f"--output-dir={folder / 'data'}",
        rules,
    )


def create_blocks(*arguments: str | Path) -> None:
    command = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=486h"]
    subprocess.run([*command, *map(str, arguments)], check=True, capture_output=True)


@pytest.mark.parametrize("length_s", [6 * HOUR_S, DAY_S, 3 * DAY_S, 10 * DAY_S + 12 * HOUR_S])
@pytest.mark.parametrize("counted", Counted)
def test_hours_sum_up_to_what_all_minutes_say(
    database: PlayedDatabase, counted: Counted, length_s: int
) -> None:
    summed = database.counted(counted, length_s)
    exact = database.minute_by_minute(counted, length_s)
    if counted is Counted.KNOWN:
        # Where minutes end and hours begin an hour may be missing or counted twice.
        assert summed == pytest.approx(exact, abs=2 * 60)
    else:
        assert summed == exact


def test_an_outage_that_was_notified_late_is_in_the_second_count(database: PlayedDatabase) -> None:
    beyond = 11 * DAY_S + 12 * HOUR_S
    assert database.counted(Counted.CARRIER_DOWN, beyond)["late"] == 300
    assert database.counted(Counted.OUTAGES, beyond)["late"] == 1
