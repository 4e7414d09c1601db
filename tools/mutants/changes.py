"""
Small changes of the pure cores, each a mistake that a person might make (Cosmic Ray's operators).

A sample is drawn by a seed, at most one change per place; the same tree and seed give the same
sample.
"""

import ast
import difflib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from parso.python.tree import Name, Number, Operator
from parso.tree import NodeOrLeaf, search_ancestor
from tools.mutants.blocks import deciding_blocks, names_of_others

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationArea:
    """A pure core, and the tests that must notice when it changes."""

    sources: str
    tests: tuple[str, ...]
    simulation: str = ""
    """A word in the files of those tests that simulate hours; empty: none does."""


AREAS: Mapping[str, MutationArea] = {
    "judge": MutationArea(
        sources="agent/src/thongsuot_agent/judge",
        tests=("tests/agent/judge",),
        simulation="SimulatedSite",
    ),
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
"""
Operators whose changes are mistakes that people make; the union of types is not an operator here.
"""

CLASS_OPTIONS = {"frozen", "slots", "kw_only", "gc", "cache_hash"}
"""
Options of a class that type checkers verify, or that only affect memory: no test has to notice
them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the n-th place in a file where an operator applies."""

    area: str
    file: str
    operator: str
    occurrence: int
    line: int = 0
    blocks: tuple[int, ...] = ()
    """
    The first lines of the blocks that a test has to execute to notice it: its own, or those that
    read a constant. Empty: any test may.
    """

    @property
    def name(self) -> str:
        """The value for ``--only``."""
        return f"{self.file}:{self.operator.removeprefix('core/')}:{self.occurrence}"


def mutants_of(
    area: str, root: Path = ROOT, files: Sequence[Path] = ()
) -> dict[tuple[str, int, int], list[Mutant]]:
    """Return every possible change in an area's files, or in some of them, by file and position."""
    by_place: dict[tuple[str, int, int], list[Mutant]] = {}
    named_elsewhere = names_of_others(
        path
        for folder in (AREAS[area].sources, *AREAS[area].tests)
        for path in (root / folder).rglob("*.py")
    )
    for path in files or sorted((root / AREAS[area].sources).rglob("*.py")):
        file = path.relative_to(root).as_posix()
        tree = get_ast_from_path(path)
        blocks = deciding_blocks(ast.parse(path.read_bytes()), named_elsewhere)
        for operator in OPERATORS:
            positions = get_operator(operator)().mutation_positions
            occurrence = 0
            for node in ast_nodes(tree):
                for start, _ in positions(node):
                    if not _is_declaration(node) and not _is_moment_of_boot(node):
                        mutant = Mutant(
                            area=area,
                            file=file,
                            operator=operator,
                            occurrence=occurrence,
                            line=start[0],
                            blocks=blocks.get(start[0], ()),
                        )
                        by_place.setdefault((file, *start), []).append(mutant)
                    occurrence += 1
    return by_place


def _is_declaration(node: NodeOrLeaf) -> bool:
    """
    Return whether a place is part of a signature or class definition and not of a computation.
    """
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


def _is_moment_of_boot(node: NodeOrLeaf) -> bool:
    """
    Return whether a place is the 0 of ``… _ns or 0``: a missing value, replaced by the moment of
    the boot.

    A nanosecond before or after that moment makes no difference.
    """
    either = node.parent
    if not isinstance(node, Number) or node.value != "0" or either is None:
        return False
    if either.type != "or_test" or either.children[-1] is not node:
        return False
    known = either.children[-3].get_last_leaf()
    return isinstance(known, Name) and known.value.endswith("_ns")


def drawn(area: str, seed: int, count: int, root: Path = ROOT) -> list[Mutant]:
    """Return changes at places drawn at random, at most one per place."""
    chance = random.Random(f"{seed} {area}")
    places = mutants_of(area, root)
    chosen = chance.sample(sorted(places), min(count, len(places)))
    return [chance.choice(places[place]) for place in chosen]


def change_of(mutant: Mutant, root: Path = ROOT) -> tuple[str, str, str] | None:
    """
    Return the changed file's text, and the line before and after; ``None`` if it is not valid
    Python.
    """
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


def area_of(name: str) -> str:
    """Return the area of a change with this name; raise ``LookupError`` if there is none."""
    for area, its in AREAS.items():
        if name.startswith(f"{its.sources}/"):
            return area
    raise LookupError(f"no change is called {name}; the report of a run has their names")


def mutant_named(name: str, root: Path = ROOT) -> Mutant:
    """Return the change with this name in a report; raise ``LookupError`` if there is none."""
    area, file = area_of(name), root / name.partition(":")[0]
    places = mutants_of(area, root, files=[file]) if file.exists() else {}
    for place in places.values():
        for mutant in place:
            if mutant.name == name:
                return mutant
    raise LookupError(f"no change is called {name}; the report of a run has their names")
