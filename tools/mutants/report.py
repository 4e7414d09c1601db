"""The results of the changes: a table by area, the survivors, and the areas that fall short."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.changes import AREAS, ROOT, Mutant

ACCEPTED = ROOT / "tests" / "accepted_mutants.toml"
GOAL_RATIO = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantResult:
    """
    The result of a mutant.

    ``before`` and ``after`` are the changed line; ``noticed_by`` the first test that failed,
    ``import`` or ``time``; empty: it survived.
    """

    mutant: Mutant
    before: str
    after: str
    noticed_by: str = ""

    @property
    def change(self) -> tuple[str, str, str]:
        """The change in the form of the list of accepted ones."""
        return self.mutant.file, self.before, self.after


def accepted_changes(file: Path = ACCEPTED) -> set[tuple[str, str, str]]:
    """Return the changes that need not be noticed, as file, line before and line after."""
    table = tomllib.loads(file.read_text("utf-8"))
    return {(entry["file"], entry["before"], entry["after"]) for entry in table["mutant"]}


def table_of(results: Sequence[MutantResult], accepted: set[tuple[str, str, str]]) -> list[str]:
    """Return the lines of the report: one row per area, then each survivor."""
    lines = ["| area | changes | noticed | accepted | survived | noticed or accepted |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    survivors: list[MutantResult] = []
    for area in AREAS:
        mine = [result for result in results if result.mutant.area == area]
        if not mine:
            continue
        left = [result for result in mine if not result.noticed_by]
        fresh = [result for result in left if result.change not in accepted]
        survivors += fresh
        ratio = 1 - len(fresh) / len(mine)
        lines.append(
            f"| {area} | {len(mine)} | {len(mine) - len(left)} | {len(left) - len(fresh)} "
            f"| {len(fresh)} | {ratio:.0%} |"
        )
    for result in survivors:
        lines += ["", f"survived: --only {result.mutant.name}"]
        lines += [f"  - {result.before}", f"  + {result.after}"]
    return lines


def shortfalls(
    results: Sequence[MutantResult], accepted: set[tuple[str, str, str]]
) -> dict[str, float]:
    """Return the areas in which too few changes are noticed, each with its share."""
    short: dict[str, float] = {}
    for area in {result.mutant.area for result in results}:
        mine = [result for result in results if result.mutant.area == area]
        good = [result for result in mine if result.noticed_by or result.change in accepted]
        if len(good) < GOAL_RATIO * len(mine):
            short[area] = len(good) / len(mine)
    return short
