"""
Would a test notice? Plants small faults in the pure cores and runs their tests.

``./run mutants [AREA ...] --seed N --count M`` draws M places of each area at random, changes one
operator, constant or condition at each, and runs the tests that execute the changed statement on a
copy of the tree, the cheapest first. A change that no test notices has survived. Survivors without
a visible effect are listed in ``tests/accepted_mutants.toml``, each with its reason. The exit code
is 1 where fewer than nine tenths of an area's changes were noticed or are accepted.

Results are kept as long as an area's sources stay unchanged: the same command continues where it
was stopped, and after a new test only that test is recorded and only survivors are run again.

``--units`` leaves out the tests that simulate hours, which cost more than all the others together:
what unit tests alone notice is known sooner, and the whole suite notices no less.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from tools.mutants.changes import AREAS, Mutant, area_of, change_of, drawn, mutant_named
from tools.mutants.report import MutantResult, accepted_changes, shortfalls, table_of
from tools.mutants.results import KnownResults
from tools.mutants.selection import (
    TestGroup,
    groups_for,
    groups_of,
    shows_in_loaded,
    stages_of,
)
from tools.mutants.tree_copy import TreeCopy
from tools.mutants.worker import MutantTestRun

RECORD_WITHIN_S = 1800.0
CPU_ALLOWANCE_S = 5.0
SLOWER_THAN_USUAL = 4.0
"""
A change may cause an endless loop: it counts as noticed after this many times the usual duration.
"""

WAITING_RATIO = 20.0
"""Wall time per second of CPU; other programs may keep the processor busy."""


def record_tests(known: KnownResults, copy: TreeCopy) -> None:
    """
    Record the cost and the executed blocks of an area's tests; exit if they fail without any
    change.
    """
    area, files = known.area, known.unrecorded()
    if not files:
        return
    _say(f"{area}: recording what the tests of {len(files)} files execute")
    run = MutantTestRun(
        paths=files,
        recorded=AREAS[area].sources,
        cpu_s=RECORD_WITHIN_S,
        wall_s=WAITING_RATIO * RECORD_WITHIN_S,
    )
    recorded = copy.run(run)
    if recorded.failed:
        raise SystemExit(
            f"{recorded.report}\n{recorded.failed} ({area}) fails without any change; mend it first"
        )
    for file in files:
        known.keep_record(file, recorded)


def failing_test(
    text: str, mutant: Mutant, stage: Sequence[TestGroup], copy: TreeCopy, *, is_loaded: bool
) -> str:
    """
    Plant a change and run some of its tests; return the first that notices it, or an empty text.

    ``is_loaded``: a process that had loaded everything before the change can show its effect.
    """
    limits = [(test, cpu_limit_s(group.cost_s)) for group in stage for test in group.tests]
    cpu_s = cpu_limit_s(sum(group.cost_s for group in stage))
    run = MutantTestRun(
        paths=sorted({group.file for group in stage}),
        changed=mutant.file if is_loaded else "",
        changed_line=mutant.line,
        order=[test for test, _ in limits],
        test_cpu_s=[limit_s for _, limit_s in limits],
        cpu_s=cpu_s,
        wall_s=WAITING_RATIO * cpu_s,
    )
    with copy.changed(mutant.file, text):
        failed = copy.run(run).failed
        if not is_loaded or not failed:
            return failed
        # A process may have kept state of changes before this one; a new process has not.
        anew = replace(run, changed="", changed_line=0)
        if failed in run.order:
            place = run.order.index(failed)
            alone = replace(anew, order=[failed], test_cpu_s=[run.test_cpu_s[place]])
            alone = replace(alone, paths=[failed.partition("::")[0]])
            if copy.run(alone).failed:
                return failed
        return copy.run(anew).failed


def cpu_limit_s(usual_s: float) -> float:
    """Return the CPU limit under a change for tests with this usual CPU time."""
    return CPU_ALLOWANCE_S + SLOWER_THAN_USUAL * usual_s


def play(
    known: KnownResults, chosen: Sequence[Mutant], copies: Sequence[TreeCopy], *, is_again: bool
) -> Iterator[MutantResult]:
    """Yield the result of each change, in the order in which results are known."""
    area = known.area
    if is_again:
        known.forget(mutant.name for mutant in chosen)
    played = known.noticed_by()
    changes = {mutant: change_of(mutant, copies[0].root) for mutant in chosen}
    for mutant, change in changes.items():
        if change is not None and mutant.name in played:
            yield MutantResult(
                mutant=mutant,
                before=change[1],
                after=change[2],
                noticed_by=played[mutant.name],
            )
    waiting = {
        mutant: change
        for mutant, change in changes.items()
        if change is not None and mutant.name not in played
    }
    if not waiting:
        return
    record_tests(known, copies[0])
    recorded = known.records()
    groups = groups_of(recorded.records)
    loaded = {mutant for mutant in waiting if shows_in_loaded(mutant, recorded.at_import)}
    stages = {
        mutant: stages_of(
            groups_for(mutant, groups, recorded.at_import), loads=mutant not in loaded
        )
        for mutant in waiting
    }
    for copy in copies:
        copy.preload(recorded.modules, AREAS[area].sources)
        copy.load(known.test_files)
    number = 0
    while waiting:
        # The cheap stages of all changes first: most changes need no more, and are known soon.
        _say(f"{area}: {len(waiting)} changes, stage {number + 1} of their tests")
        tests = {mutant: stages[mutant][number : number + 1] for mutant in waiting}
        texts = {mutant: change[0] for mutant, change in waiting.items()}
        for mutant, test in play_stage(texts, tests, copies, loaded):
            is_last = number + 1 >= len(stages[mutant])
            if test or is_last:
                _, before, after = waiting.pop(mutant)
                known.add(mutant.name, test)
                yield MutantResult(mutant=mutant, before=before, after=after, noticed_by=test)
            else:
                _say(f"{mutant.name}: not noticed yet")
        number += 1


def play_stage(
    texts: Mapping[Mutant, str],
    tests: Mapping[Mutant, Sequence[Sequence[TestGroup]]],
    copies: Sequence[TreeCopy],
    loaded: Container[Mutant],
) -> Iterator[tuple[Mutant, str]]:
    """
    Yield each change and the test of a stage that notices it, if one does, as soon as it is known.
    """
    free: SimpleQueue[TreeCopy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def plant(mutant: Mutant, text: str) -> str:
        copy = free.get()
        is_loaded = mutant in loaded
        try:
            return next(
                (
                    test
                    for stage in tests[mutant]
                    if (test := failing_test(text, mutant, stage, copy, is_loaded=is_loaded))
                ),
                "",
            )
        finally:
            free.put(copy)

    with ThreadPoolExecutor(max_workers=len(copies)) as pool:
        futures = {pool.submit(plant, mutant, text): mutant for mutant, text in texts.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()


def main(arguments: Sequence[str]) -> int:
    """Run a sample of changes and print the results."""
    parser = argparse.ArgumentParser(
        prog="./run mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}")
    parser.add_argument("--seed", type=int, default=1, help="which sample (default: 1)")
    parser.add_argument("--count", type=int, default=40, help="changes an area (default: 40)")
    parser.add_argument("--at-once", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--again", action="store_true", help="ignore known results")
    parser.add_argument("--units", action="store_true", help="without tests that simulate hours")
    parser.add_argument(
        "--only", action="append", metavar="CHANGE", help="one change, by its name in a report"
    )
    asked = parser.parse_args(arguments)
    if unknown := set(asked.areas) - set(AREAS):
        parser.error(f"no area {', '.join(sorted(unknown))}; known: {', '.join(AREAS)}")
    results: list[MutantResult] = []
    for area, choice in choices_of(asked.areas or AREAS, asked.only or ()).items():
        draw = partial(drawn, area, asked.seed, asked.count) if choice is None else choice
        results += play_area(
            area, draw, at_once=asked.at_once, is_again=asked.again, is_units=asked.units
        )
    accepted = accepted_changes()
    sys.stdout.write("\n".join(table_of(results, accepted)) + "\n")
    return 1 if shortfalls(results, accepted) else 0


Draw = Callable[[Path], Sequence[Mutant]]
"""Which changes of a copy of the tree are run."""


def choices_of(areas: Iterable[str], only: Sequence[str]) -> dict[str, Draw | None]:
    """Return for each area how to find the changes named by ``--only``; ``None``: a sample."""
    if not only:
        return dict.fromkeys(areas)
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name in only:
        names[area_of(name)].append(name)
    return {
        area: lambda root, mine=mine: [mutant_named(name, root) for name in mine]  # type: ignore[misc]
        for area, mine in names.items()
    }


def play_area(
    area: str, draw: Draw, *, at_once: int, is_again: bool, is_units: bool
) -> list[MutantResult]:
    """
    Run changes of an area and print the result of each on standard error.

    They are drawn from the copy in which they are planted: the tree itself may have been edited
    since the command was started, and the same name may stand for another place in it by now.
    """
    results: list[MutantResult] = []
    began_s = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thongsuot-mutants-")))
        copies = [TreeCopy(folder / str(number)) for number in range(at_once)]
        for copy in copies:
            stack.callback(copy.close)
        chosen = draw(copies[0].root)
        known = KnownResults(area, copies[0].root, is_units=is_units)
        for result in play(known, chosen, copies, is_again=is_again):
            results.append(result)
            word = f"noticed by {result.noticed_by}" if result.noticed_by else "SURVIVED"
            _say(
                f"{area}: {len(results)}/{len(chosen)} {time.monotonic() - began_s:.0f} s "
                f"{result.mutant.name}: {word}"
            )
    return results


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
