"""
Would a test notice? Small faults are planted in the pure cores, and the tests of their folder run.

``./run mutants [AREA ...] --seed N --count M`` draws M places of each area at random, changes one
operator, constant or condition at each (Cosmic Ray's operators), and runs the area's tests on a
copy of the tree. A change that no test notices has survived. Survivors that change nothing that
anybody can see stand in ``tests/accepted_mutants.toml``, each with its reason. The exit code is 1
where fewer than nine tenths of an area's changes were noticed.
"""

import argparse
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from parso.python.tree import Name, Operator
from parso.tree import NodeOrLeaf, search_ancestor

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "tests" / "accepted_mutants.toml"
ROOMS = ("schema", "agent", "collector", "dashboards", "lab")
GOAL_RATIO = 0.9

BASELINE_WITHIN_S = 1800.0
SLOWER_THAN_USUAL = 4.0
"""A change may make a loop endless: that is noticed too, after so many times the usual run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationArea:
    """A pure core, and the tests that are to notice when it changes."""

    sources: str
    tests: Sequence[str]


AREAS: Mapping[str, MutationArea] = {
    "judge": MutationArea(sources="agent/src/thongsuot_agent/judge", tests=("tests/agent/judge",)),
    "spool": MutationArea(sources="agent/src/thongsuot_agent/spool", tests=("tests/agent/spool",)),
    "batch": MutationArea(
        sources="schema/src/thongsuot_schema/batch", tests=("tests/schema/batch",)
    ),
    "timeline": MutationArea(
        sources="collector/src/thongsuot_collector/timeline",
        tests=("tests/collector/timeline", "tests/collector/incidents"),
    ),
    "incidents": MutationArea(
        sources="collector/src/thongsuot_collector/incidents",
        tests=("tests/collector/incidents", "tests/collector/rules"),
    ),
    "sla": MutationArea(
        sources="collector/src/thongsuot_collector/sla",
        tests=("tests/collector/sla", "tests/collector/statements"),
    ),
}

OPERATORS = (
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot")),
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in ("IsNot_Is", "Lt_LtE", "LtE_Lt")),
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in ("Gt_GtE", "GtE_Gt", "Lt_GtE")),
    *(f"core/ReplaceComparisonOperator_{pair}" for pair in ("LtE_Gt", "Gt_LtE", "GtE_Lt")),
    *(f"core/ReplaceBinaryOperator_{pair}" for pair in ("Add_Sub", "Sub_Add", "Mul_Div")),
    *(f"core/ReplaceBinaryOperator_{pair}" for pair in ("Div_Mul", "FloorDiv_Mul", "Mod_Add")),
    *("core/ReplaceUnaryOperator_USub_UAdd", "core/ReplaceUnaryOperator_Delete_Not"),
    *("core/ReplaceAndWithOr", "core/ReplaceOrWithAnd", "core/AddNot"),
    *("core/ReplaceTrueWithFalse", "core/ReplaceFalseWithTrue", "core/NumberReplacer"),
    *("core/ReplaceContinueWithBreak", "core/ReplaceBreakWithContinue"),
    "core/ZeroIterationForLoop",
)
"""Those whose changes are mistakes that people make; the union of types is no operator of ours."""

CLASS_OPTIONS = {"frozen", "slots", "kw_only", "gc", "cache_hash"}
"""Options of a class that type checkers hold, or that cost memory only: no test is to notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the n-th place in a file at which an operator can change something."""

    area: str
    file: str
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        """What ``--only`` takes."""
        return f"{self.file}:{self.operator.removeprefix('core/')}:{self.occurrence}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantResult:
    """What became of a mutant; ``change`` is the changed line before and after."""

    mutant: Mutant
    was_noticed: bool
    change: tuple[str, str]


def mutants_of(area: str, root: Path = ROOT) -> dict[tuple[str, int, int], list[Mutant]]:
    """Return every possible change in an area's files, by file and position."""
    by_function: dict[tuple[str, int, int], list[Mutant]] = {}
    for path in sorted((root / AREAS[area].sources).rglob("*.py")):
        file = path.relative_to(root).as_posix()
        tree = get_ast_from_path(path)
        for operator in OPERATORS:
            positions = get_operator(operator)().mutation_positions
            occurrence = 0
            for node in ast_nodes(tree):
                for start, _ in positions(node):
                    if not _is_declaration(node):
                        mutant = Mutant(
                            area=area, file=file, operator=operator, occurrence=occurrence
                        )
                        by_function.setdefault((file, *start), []).append(mutant)
                    occurrence += 1
    return by_function


def _is_declaration(node: NodeOrLeaf) -> bool:
    """Return whether a place shapes a signature or a class, and is nothing that code computes."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type in {"parameters", "lambdef"}:  # the bare star of keyword-only parameters
        return isinstance(node, Operator)
    if parent.type == "argument" and isinstance(name := parent.children[0], Name):
        declared = search_ancestor(parent, "decorator", "classdef", "funcdef")
        return (
            name.value in CLASS_OPTIONS
            and declared is not None
            and declared.type in {"decorator", "classdef"}
        )
    return False


def drawn(area: str, seed: int, count: int, root: Path = ROOT) -> list[Mutant]:
    """Return changes at places drawn at random, at most one a place."""
    chance = random.Random(f"{seed} {area}")
    places = mutants_of(area, root)
    chosen = chance.sample(sorted(places), min(count, len(places)))
    return [chance.choice(places[place]) for place in chosen]


def change_of(mutant: Mutant, root: Path = ROOT) -> tuple[str, str, str] | None:
    """Return the changed file's text, and the line before and after; ``None``: it is no Python."""
    before = (root / mutant.file).read_text("utf-8")
    after = mutate_code(before, get_operator(mutant.operator)(), mutant.occurrence)
    if after is None or after == before or not _is_python(after):
        return None
    lines = [
        line
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    was = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    now = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return after, was, now


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def ordered_tests(mutant: Mutant, root: Path = ROOT) -> list[str]:
    """Return the tests of a mutant's area, those that mirror its file first: they fail soonest."""
    folders = AREAS[mutant.area].tests
    mirror = f"test_{Path(mutant.file).name}"
    mirrors = [f"{folder}/{mirror}" for folder in folders if (root / folder / mirror).is_file()]
    return [*mirrors, *folders]


class TreeCopy:
    """A copy of the tree that a change is planted in."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
        ).stdout.decode()
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)

    def notices(self, tests: Sequence[str], within_s: float) -> bool:
        """Run tests; return whether one failed or they did not end in time."""
        sources = os.pathsep.join(str(self.root / room / "src") for room in ROOMS)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        marks = "not (lab or servers or browser or matrix or fleet or nightly)"
        try:
            done = subprocess.run(
                [*command, "-m", marks, "--hypothesis-seed=1", *tests],
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": sources, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=within_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0

    def plant(self, mutant: Mutant, within_s: float) -> MutantResult | None:
        """Plant a change, run the tests, take it back; ``None``: it is none."""
        # Of the copy: the tree itself may be edited meanwhile.
        change = change_of(mutant, self.root)
        if change is None:
            return None
        text, was, now = change
        path = self.root / mutant.file
        unchanged = path.read_text("utf-8")
        path.write_text(text, "utf-8")
        try:
            was_noticed = self.notices(ordered_tests(mutant), within_s)
        finally:
            path.write_text(unchanged, "utf-8")
        return MutantResult(mutant=mutant, was_noticed=was_noticed, change=(was, now))


def accepted_changes(file: Path = ACCEPTED) -> set[tuple[str, str, str]]:
    """Return the changes that need not be noticed, as file, line before and line after."""
    table = tomllib.loads(file.read_text("utf-8"))
    return {(entry["file"], entry["before"], entry["after"]) for entry in table["mutant"]}


def play(chosen: Sequence[Mutant], copies: Sequence[TreeCopy]) -> Iterator[MutantResult]:
    """Yield what became of each change, in the order in which it is known."""
    free: SimpleQueue[TreeCopy] = SimpleQueue()
    for copy in copies:
        free.put(copy)
    usual_s: dict[str, float] = {}
    for area in {mutant.area for mutant in chosen}:
        began = time.monotonic()
        if copies[0].notices(AREAS[area].tests, BASELINE_WITHIN_S):
            raise SystemExit(f"the tests of {area} fail without any change; mend them first")
        usual_s[area] = time.monotonic() - began

    def plant(mutant: Mutant) -> MutantResult | None:
        copy = free.get()
        try:
            return copy.plant(mutant, 60 + SLOWER_THAN_USUAL * usual_s[mutant.area])
        finally:
            free.put(copy)

    with ThreadPoolExecutor(max_workers=len(copies)) as pool:
        for done in as_completed([pool.submit(plant, mutant) for mutant in chosen]):
            if (result := done.result()) is not None:
                yield result


def table_of(results: Sequence[MutantResult], accepted: set[tuple[str, str, str]]) -> list[str]:
    """Return the lines of the report: a row an area, then each survivor."""
    lines = ["| area | changes | noticed | accepted | survived | noticed or accepted |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    survivors: list[MutantResult] = []
    for area in AREAS:
        mine = [result for result in results if result.mutant.area == area]
        if not mine:
            continue
        left = [result for result in mine if not result.was_noticed]
        known = [mutant for mutant in left if (mutant.mutant.file, *mutant.change) in accepted]
        fresh = [survivor for survivor in left if survivor not in known]
        survivors += fresh
        ratio = 1 - len(fresh) / len(mine)
        noticed = len(mine) - len(left)
        lines.append(
            f"| {area} | {len(mine)} | {noticed} | {len(known)} | {len(fresh)} | {ratio:.0%} |"
        )
    for result in survivors:
        was, now = result.change
        lines += ["", f"survived: --only {result.mutant.name}", f"  - {was}", f"  + {now}"]
    return lines


def shortfalls(
    results: Sequence[MutantResult], accepted: set[tuple[str, str, str]]
) -> dict[str, float]:
    """Return the areas in which too few changes are noticed, with the share that is."""
    short: dict[str, float] = {}
    for area in {result.mutant.area for result in results}:
        mine = [result for result in results if result.mutant.area == area]
        good = [
            result
            for result in mine
            if result.was_noticed or (result.mutant.file, *result.change) in accepted
        ]
        if len(good) < GOAL_RATIO * len(mine):
            short[area] = len(good) / len(mine)
    return short


def _one_named(text: str) -> Mutant:
    file, operator, occurrence = text.rsplit(":", 2)
    for name, area in AREAS.items():
        if file.startswith(f"{area.sources}/"):
            return Mutant(
                area=name, file=file, operator=f"core/{operator}", occurrence=int(occurrence)
            )
    raise SystemExit(f"{file} is in no area; areas: {', '.join(AREAS)}")


def main(arguments: Sequence[str]) -> int:
    """Play a sample of changes and print what became of them."""
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}")
    parser.add_argument("--seed", type=int, default=1, help="which sample (default: 1)")
    parser.add_argument("--count", type=int, default=40, help="changes an area (default: 40)")
    parser.add_argument("--at-once", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--only", type=_one_named, help="one change, as a report names it")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.areas) - set(AREAS):
        parser.error(f"no area {', '.join(sorted(unknown))}; known: {', '.join(AREAS)}")
    chosen = (
        [asked.only]
        if asked.only
        else [
            mutant
            for area in asked.areas or AREAS
            for mutant in drawn(area, asked.seed, asked.count)
        ]
    )
    results: list[MutantResult] = []
    with tempfile.TemporaryDirectory(prefix="thongsuot-mutants-") as made:
        copies = [TreeCopy(Path(made) / str(number)) for number in range(asked.at_once)]
        for result in play(chosen, copies):
            results.append(result)
            word = "noticed" if result.was_noticed else "SURVIVED"
            sys.stderr.write(f"{len(results)}/{len(chosen)} {word} {result.mutant.name}\n")
    accepted = accepted_changes()
    sys.stdout.write("\n".join(table_of(results, accepted)) + "\n")
    return 1 if shortfalls(results, accepted) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
