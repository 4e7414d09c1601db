"""The table of results in new roots, and its place in the documentation."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.fresh.outcome import DemoOutcome, FreshOutcome, TestOutcome, outcome_from_json
from tools.fresh.releases import RELEASES

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE, RECORD = DOCS / "from-nothing.md", DOCS / "from-nothing.json"
BEGIN, END = "<!-- fresh: generated -->", "<!-- fresh: end -->"
USERS = ("root", "plain")


def table_lines(outcomes: Iterable[FreshOutcome]) -> Iterator[str]:
    """Yield the table as Markdown: one row per root and user."""
    titles = {release.name: release.title for release in RELEASES}
    yield "| root | Python | as | `./run demo` | its story | `./run test` | seen |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    remarks = []
    for outcome in sorted(outcomes, key=_order):
        head = f"{titles.get(outcome.release, outcome.release)} | {outcome.python or '–'}"
        seen = f"{outcome.date}, {outcome.commit}"
        if outcome.not_played:
            yield f"| {head} | {outcome.user} | not played | – | – | {seen} |"
            remarks.append(f"{titles[outcome.release]}: {outcome.not_played}")
            continue
        yield (
            f"| {head} | {outcome.user} | {_demo_cell(outcome.demo)} | {_story_cell(outcome.demo)}"
            f" | {_test_cell(outcome.test)} | {seen} |"
        )
        remarks += _remarks(titles[outcome.release], outcome)
    yield from ("", *(f"- {remark}." for remark in remarks)) if remarks else ()


def _order(outcome: FreshOutcome) -> tuple[int, int]:
    names = [release.name for release in RELEASES]
    return names.index(outcome.release), USERS.index(outcome.user)


def _demo_cell(demo: DemoOutcome | None) -> str:
    if demo is None:
        return "–"
    if demo.seen_s is None:
        return "**did not start**"
    return f"pages after {demo.seen_s:.0f} s" + ("; **failed**" if demo.problem else "")


def _story_cell(demo: DemoOutcome | None) -> str:
    if demo is None or demo.seen_s is None:
        return "–"
    told_cells = [
        f"{scene.told_s:.0f}" if scene.told_s is not None else "–" for scene in demo.scenes
    ]
    missed = sum(len(scene.missed) for scene in demo.scenes)
    played = f"{len(demo.scenes)} of {demo.of_scenes}, notified after {', '.join(told_cells)} s"
    return played + (f"; **{missed} not in time**" if missed else "")


def _test_cell(test: TestOutcome | None) -> str:
    if test is None:
        return "–"
    counts = ", ".join(f"{number} {word}" for word, number in sorted(test.counts.items()))
    of_tests = f"`{' '.join(test.tests)}`" if test.tests else "all"
    verdict = "" if test.is_good else "**failed**: "
    return f"{verdict}{counts or 'nothing ran'} in {test.took_s:.0f} s ({of_tests})"


def _remarks(title: str, outcome: FreshOutcome) -> Iterator[str]:
    where = f"{title}, {outcome.user}"
    if outcome.asked_root_for:
        yield f"{where}: stopped until root had installed {' '.join(outcome.asked_root_for)}"
    if outcome.without:
        yield f"{where}: went on without {' '.join(outcome.without)}, and said so"
    if outcome.demo is not None:
        if outcome.demo.problem:
            yield f"{where}: `./run demo`: {outcome.demo.problem}"
        for scene in outcome.demo.scenes:
            for missed in scene.missed:
                yield f"{where}: {scene.title}: {missed}"


def keep(outcomes: Iterable[FreshOutcome], page: Path = PAGE, record: Path = RECORD) -> None:
    """Replace the earlier outcomes of the same root and user, and write the page."""
    kept = {}
    if record.exists():
        kept = {
            outcome.key: outcome
            for outcome in map(outcome_from_json, json.loads(record.read_text("utf-8")))
        }
    kept |= {outcome.key: outcome for outcome in outcomes}
    rows = [kept[key].as_json() for key in sorted(kept)]
    record.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page}: no {BEGIN} before {END}")
    table = "\n".join(table_lines(kept.values()))
    page.write_text(f"{before}{BEGIN}\n{table}\n\n{END}{after}", encoding="utf-8")
