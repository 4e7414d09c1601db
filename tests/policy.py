"""
What happens to a test on a machine that cannot run it.

A test that needs something a machine may lack is marked ``lab`` (network namespaces) or
``browser`` (Chromium), or asks a fixture of ``tests.servers``; where it is missing the test skips
with its name. In CI everything is there, so a skip is a failure: nothing may silently stop being
tested. Only what compares with files that others wrote may skip there (``tests.outside_data``).
"""

import gc
import os
import shutil
import subprocess
from collections.abc import Generator
from functools import cache

import hypothesis
import pytest

from tests.earlier import NOT_IN_CLONE
from tests.outside_data import VARIABLE
from tests.real_things import REAL_THINGS, shows_real_things

# Commands speak the language of the terminal; tests read their English, wherever they run.
os.environ.update(LANGUAGE="", LC_ALL="C.UTF-8")


@cache
def _lacks(capability: str) -> str:
    """Return why this machine cannot do something, empty when it can."""
    if capability == "browser":
        return "" if shutil.which("chromium") else "Chromium is not installed"
    if not shutil.which("ip"):
        return "iproute2 is not installed"
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "-r", "--net"]
    made = subprocess.run([*unshare, "true"], capture_output=True, text=True, check=False)
    return "" if made.returncode == 0 else f"no network namespaces here: {made.stderr.strip()}"


def pytest_configure() -> None:
    """Collect no garbage while tests are found: a fifth of the CPU of that went there (2026-11)."""
    gc.disable()
    if not os.environ.get("CI"):
        # In CI Hypothesis does so by itself. How fast a machine is says nothing of the code: on a
        # slow one a newcomer's tests failed by bounds on the time of an example (2026-11).
        hypothesis.settings.register_profile(
            "any machine",
            deadline=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
        hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test of real things that ``tests.real_things`` would not find."""
    unseen = [
        item.nodeid
        for item in items
        if any(item.get_closest_marker(mark) for mark in REAL_THINGS)
        and not shows_real_things(item.path)
    ]
    if unseen:
        raise pytest.UsageError(
            f"the text of the file has to show the mark ({', '.join(REAL_THINGS)}) of {unseen}; "
            "where it comes with an import, say it in a comment"
        )


def pytest_collection_finish() -> None:
    """Leave what was found out of every later collection: all of it stays to the end."""
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose marks ask for what this machine does not have."""
    for capability in ("lab", "browser"):
        if item.get_closest_marker(capability) and (why := _lacks(capability)):
            pytest.skip(why)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI."""
    report = yield
    why = "" if call.excinfo is None else str(call.excinfo.value)
    # Neither is of the machine: data that is not in the repository, and a shallow clone's history.
    is_excused = hasattr(report, "wasxfail") or VARIABLE in why or NOT_IN_CLONE in why
    if report.skipped and not is_excused and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be in CI: {call.excinfo}"
    return report
