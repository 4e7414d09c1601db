"""
Runs tests of a copy of the tree, each time in a new child that begins with everything imported but
our own code: starting pytest costs more than most tests that notice a change.

Requests arrive as lines of JSON (``TestRun``) on standard input, answers (``TestRunResult``) go to
standard output in the same form. The process starts in the folder of the copy.
"""

import compileall
import contextlib
import importlib
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import hypothesis
import pytest
from tools.mutants.execution_recorder import ExecutionRecorder

MARKS = "not (lab or servers or browser or matrix or fleet or nightly)"
OWN_MODULES = ("thongsuot_", "tests")
PROCESS_STARTS = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MutantTestRun:
    """Tests to run: files and folders, and only the tests in ``order`` if there is one."""

    paths: Sequence[str]
    order: Sequence[str] = ()
    test_cpu_s: Sequence[float] = ()
    """CPU limit of each test in ``order``; empty: the limit of the run."""
    recorded: str = ""
    """The folder of sources whose execution is recorded; empty: none."""
    changed: str = ""
    """The changed file, if loaded tests are to run with the change."""
    changed_line: int = 0
    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord:
    """The cost of one test, and what it executed."""

    cost_s: float = 0.0
    blocks: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By file, the first lines of the blocks that it executed."""
    starts_processes: bool = False
    group: str = ""
    """Tests of one group share a fixture, and run together. Empty: it runs alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRunResult:
    """``failed``: the first test that failed, ``import`` or ``time``; empty: all passed."""

    failed: str = ""
    report: str = ""
    records: dict[str, TestRecord] = field(default_factory=dict)
    modules: Sequence[str] = ()
    at_import: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """
    The blocks that were executed outside tests, as in ``TestRecord``: any test may show their
    effect.
    """


class FirstFailure:
    """A plugin of pytest: keeps an order of tests, and records the first that fails."""

    def __init__(self, run: MutantTestRun | None = None) -> None:
        self.order: Sequence[str] = ()
        self._cpu_s: dict[str, float] = {}
        self.failed = ""
        self.report = ""
        if run is not None:
            self.begin(run)

    def begin(self, run: MutantTestRun) -> None:
        """Apply the order and the limits of a run."""
        self.order = run.order
        self._cpu_s = dict(zip(run.order, run.test_cpu_s, strict=bool(run.test_cpu_s)))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave only the selected tests, in their order."""
        if self.order:
            by_id = {item.nodeid: item for item in items}
            kept = [by_id[name] for name in self.order if name in by_id]
            config.hook.pytest_deselected(items=[item for item in items if item not in kept])
            items[:] = kept

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Give a test its CPU time; the system ends the process when it is used up."""
        signal.setitimer(signal.ITIMER_PROF, self._cpu_s.get(nodeid, 0.0))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a file that cannot be imported."""
        if report.failed and not self.failed:
            self.failed, self.report = "import", report.longreprtext

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the first failure."""
        if report.failed and not self.failed:
            self.failed, self.report = report.nodeid, report.longreprtext


class TestRecorder:
    """A plugin of pytest: the cost of each test and the blocks of the area that it executes."""

    def __init__(self, execution: ExecutionRecorder) -> None:
        self.records: dict[str, TestRecord] = {}
        self.at_import: set[tuple[str, int]] = set()
        self._execution = execution
        self._starts_processes = False
        sys.addaudithook(self._audit)

    def _audit(self, event: str, _arguments: tuple[object, ...]) -> None:
        if event in PROCESS_STARTS:
            self._starts_processes = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Record one test, its fixtures included."""
        self.at_import |= self._execution.begin()
        self._starts_processes = False
        began_s = _cpu_s()
        try:
            return (yield)
        finally:
            self.records[item.nodeid] = TestRecord(
                cost_s=round(_cpu_s() - began_s, 4),
                blocks=_by_file(self._execution.begin()),
                starts_processes=self._starts_processes,
                group=item.nodeid.partition("::")[0] if _has_shared_fixture(item) else "",
            )


def _by_file(blocks: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    by_file: defaultdict[str, list[int]] = defaultdict(list)
    for file, line in sorted(blocks):
        by_file[file].append(line)
    return dict(by_file)


def _has_shared_fixture(item: pytest.Item) -> bool:
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    own = item.nodeid.partition("::")[0]
    return any(
        definition.scope != "function" and definition.baseid == own
        for same_name in definitions.values()
        for definition in same_name
    )


def _cpu_s() -> float:
    return time.process_time() + sum(os.times()[2:4])


def run_in_child(run: MutantTestRun) -> TestRunResult:
    """Load and run tests in a child of this process."""
    answer = in_child(run, lambda folder: _answer_of(run, folder))
    return TestRunResult(failed="time") if answer is None else result_from(answer)


def in_child(run: MutantTestRun, work: Callable[[Path], str]) -> str | None:
    """
    Return the result of a function that runs in a child of this process, with a folder of its own.

    ``None``: it took too long and was killed, here or by the system.
    """
    with tempfile.TemporaryDirectory(prefix="thongsuot-mutant-") as folder:
        answer = Path(folder) / "answer.json"
        child = os.fork()
        if child == 0:
            try:
                _bound_child(run, Path(folder))
                written = answer.with_suffix(".part")
                written.write_text(work(Path(folder)), "utf-8")
                written.rename(answer)
                # Threads and signal handlers of the tests would delay a normal exit.
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                raise
            finally:
                sys.stderr.flush()
                os._exit(1)
        was_in_time = _wait_for(child, run.wall_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # and the processes that it has started
        _, status = os.waitpid(child, 0)
        if was_in_time and os.WIFEXITED(status):
            if not answer.exists():
                output = (Path(folder) / "output").read_text("utf-8", "replace")
                raise RuntimeError(f"tests could not be run: {output[-4000:]}")
            return answer.read_text("utf-8")
        return None


def _wait_for(child: int, wall_s: float) -> bool:
    descriptor = os.pidfd_open(child)
    try:
        return bool(select.select([descriptor], [], [], wall_s)[0])
    finally:
        os.close(descriptor)


def _bound_child(run: MutantTestRun, folder: Path) -> None:
    os.setsid()
    output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    # CPU time inherited from the parent counts as well.
    seconds = int(_cpu_s() + run.cpu_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def pytest_arguments(folder: Path, paths: Sequence[str]) -> list[str]:
    """Return the arguments of pytest; its files go below a folder."""
    # It is enough to know that a test fails: no smaller example is searched for.
    hypothesis.settings.register_profile(
        "mutants",
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        database=None,
        deadline=None,
    )
    hypothesis.settings.load_profile("mutants")
    return [
        *("-q", "-x", "--tb=short", "-p", "no:cacheprovider", "-m", MARKS),
        *("-W", "ignore::pytest.PytestAssertRewriteWarning", "--hypothesis-seed=1"),
        *(f"--basetemp={folder / 'tests'}", *paths),
    ]


def _answer_of(run: MutantTestRun, folder: Path) -> str:
    # Bytecode is written only by the recorded run, which runs without any change.
    sys.dont_write_bytecode = not run.recorded
    failure = FirstFailure(run)
    plugins: list[object] = [failure]
    recorder = None
    if run.recorded:
        recorder = TestRecorder(ExecutionRecorder(Path.cwd() / run.recorded, Path.cwd()))
        plugins.append(recorder)
    code = pytest.main(pytest_arguments(folder, run.paths), plugins=plugins)
    failed = failure.failed
    if code != pytest.ExitCode.OK and not failed:
        failed = "" if code == pytest.ExitCode.NO_TESTS_COLLECTED else f"pytest: {code!s}"
    result = TestRunResult(
        failed=failed,
        report=failure.report[-4000:],
        records={} if recorder is None else recorder.records,
        modules=() if recorder is None else _importable_modules(),
        at_import={} if recorder is None else _by_file(recorder.at_import),
    )
    return json.dumps(asdict(result))


def _importable_modules() -> list[str]:
    """Return the loaded modules of the interpreter and of third parties, in loading order."""
    names = []
    for name, module in list(sys.modules.items()):
        specification = getattr(module, "__spec__", None)
        if specification is not None and specification.name == name:
            names.append(name)
    return [name for name in names if not name.startswith((*OWN_MODULES, "tools", "__"))]


def import_modules(names: Sequence[str]) -> None:
    """Import what the tests will import anyway, as far as that is possible without them."""
    for name in names:
        with warnings.catch_warnings(), contextlib.suppress(ImportError):
            warnings.simplefilter("ignore")
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                importlib.import_module(name)


def result_from(text: str) -> TestRunResult:
    """Read an answer."""
    plain = json.loads(text)
    records = {name: TestRecord(**record) for name, record in plain.pop("records").items()}
    return TestRunResult(records=records, **plain)


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        plain = json.loads(line)
        if "modules" in plain:
            import_modules(plain["modules"])
            compileall.compile_dir(plain["sources"], quiet=1)
            text = "{}"
        else:
            text = json.dumps(asdict(run_in_child(MutantTestRun(**plain))))
        answers.write(f"{text}\n")
        answers.flush()


if __name__ == "__main__":
    main()
