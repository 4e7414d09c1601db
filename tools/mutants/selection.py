"""Which tests can notice a change, the cheapest first, by a record of what each test executes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tools.mutants.changes import Mutant
from tools.mutants.worker import TestRecord

FIRST_FILES = 4
"""
Most changes are noticed by the first tests that execute them: only their files are loaded then.
"""

STAGE_COST_S = (2.0, 10.0, 30.0)
"""The cost limits of the stages; everything that remains is the last stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestGroup:
    """Tests that run together: a single one, or all of a file that share a fixture."""

    tests: Sequence[str]
    cost_s: float
    blocks: Mapping[str, frozenset[int]]
    """By file, the first lines of the blocks that they execute."""
    starts_processes: bool

    @property
    def file(self) -> str:
        """The file of the tests."""
        return self.tests[0].partition("::")[0]


def groups_of(records: Mapping[str, TestRecord]) -> list[TestGroup]:
    """Return the groups of recorded tests, the cheapest first."""

    def group(name: str) -> str:
        return records[name].group or name

    groups = []
    for _, members in groupby(sorted(records, key=group), key=group):
        names = list(members)
        mine = [records[name] for name in names]
        groups.append(
            TestGroup(
                tests=names,
                cost_s=sum(record.cost_s for record in mine),
                blocks={
                    file: frozenset(line for record in mine for line in record.blocks.get(file, ()))
                    for record in mine
                    for file in record.blocks
                },
                starts_processes=any(record.starts_processes for record in mine),
            )
        )
    return sorted(groups, key=lambda group: (group.cost_s, group.tests))


def shows_in_loaded(mutant: Mutant, at_import: Mapping[str, Collection[int]]) -> bool:
    """Return whether a change has an effect although everything was imported before it was made."""
    imported = at_import.get(mutant.file, ())
    return bool(mutant.blocks) and not any(block in imported for block in mutant.blocks)


def groups_for(
    mutant: Mutant, groups: Sequence[TestGroup], at_import: Mapping[str, Collection[int]]
) -> list[TestGroup]:
    """
    Return the tests that can notice a change, in the order in which they run.

    First those that execute its block, then those that start processes, which are not recorded. A
    change that an import executes may have an effect in any test; those that execute something of
    its file come first.
    """
    if shows_in_loaded(mutant, at_import):
        executing = [
            group
            for group in groups
            if not group.blocks.get(mutant.file, frozenset()).isdisjoint(mutant.blocks)
        ]
        return executing + [
            group for group in groups if group.starts_processes and group not in executing
        ]
    near = [group for group in groups if mutant.file in group.blocks]
    return near + [group for group in groups if group not in near]


def stages_of(groups: Sequence[TestGroup], *, loads: bool = True) -> list[list[TestGroup]]:
    """Divide a sequence of groups into stages, of which the first load few files."""
    stages: list[list[TestGroup]] = []
    left = list(groups)
    for place, limit_s in enumerate(STAGE_COST_S):
        stage = _stage(left, limit_s, max_files=FIRST_FILES if loads and not place else len(left))
        if not stage:
            break
        stages.append(stage)
        chosen = {group.tests[0] for group in stage}
        left = [group for group in left if group.tests[0] not in chosen]
    return [*stages, left] if left else stages


def _stage(groups: Sequence[TestGroup], limit_s: float, max_files: int) -> list[TestGroup]:
    """Return the first groups, at least one, that cost no more than a limit together."""
    files: set[str] = set()
    cost_s = 0.0
    stage: list[TestGroup] = []
    for group in groups:
        if group.file not in files and len(files) == max_files:
            continue
        cost_s += group.cost_s
        if stage and cost_s > limit_s:
            break
        files.add(group.file)
        stage.append(group)
    return stage
