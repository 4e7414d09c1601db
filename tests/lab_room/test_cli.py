"""The command line, as a person uses it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.lab.waiting import wait_for
from thongsuot_lab import rundir
from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]


def lab(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "thongsuot_lab.cli", *words],
        text=True,
        capture_output=True,
        check=False,
    )


def test_a_detached_lab_is_broken_looked_at_and_ended_by_other_processes() -> None:
    up = lab("up", "--detach")
    assert up.returncode == 0, up.stderr
    prefix = up.stdout.splitlines()[0].removeprefix("lab: ")
    try:
        assert lab("fault", "pull-cable", "site=s1", "--lab", prefix).stdout == (
            "broken: pull-cable site=s1 link=fixed\n"
        )
        state = ("exec", "--lab", prefix, "s1.device", "cat", "/sys/class/net/fix0/operstate")
        # The kernel notes it up to a second after the port has lost its signal.
        wait_for("the port's end", lambda: lab(*state).stdout == "down\n")
        facts = json.loads(lab("--lab", prefix, "status", "--json").stdout)
        assert facts["faults"] == ["pull-cable site=s1 link=fixed"]
        assert "fault: pull-cable site=s1 link=fixed" in lab("status", "--lab", prefix).stdout
        assert lab("heal", "--lab", prefix).stdout == "healed: pull-cable site=s1 link=fixed\n"
        mistake = lab("fault", "pull-cabel", "site=s1", "--lab", prefix)
        assert mistake.returncode == 2
        assert mistake.stderr.startswith("thongsuot-lab: no fault 'pull-cabel'; known: ")
        assert lab("exec", "--lab", prefix, "s1.device", "false").returncode == 1
    finally:
        down = lab("down", "--lab", prefix)
    assert down.stdout == f"down: {prefix}\n"
    assert not (rundir.home() / prefix).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_in_the_foreground_ends_with_its_command(number: signal.Signals) -> None:
    up = subprocess.Popen(
        [sys.executable, "-m", "thongsuot_lab.cli", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with up:
        assert up.stdout is not None
        assert up.stderr is not None
        prefix = up.stdout.readline().strip().removeprefix("lab: ")
        assert up.stderr.readline() == "Ctrl-C ends it.\n"
        os.kill(up.pid, number)
        assert up.wait() == 0
    assert not (rundir.home() / prefix).exists()


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("help",), 0, "apply a fault"),
        (("help", "fault"), 0, "KEY=VALUE"),
        (("help", "nonsense"), 2, "invalid choice: 'nonsense'"),
    ],
)
def test_help_explains_all_words_or_one(words: tuple[str, ...], code: int, text: str) -> None:
    answer = lab(*words)
    assert answer.returncode == code
    assert text in answer.stdout + answer.stderr


def test_the_absence_of_a_lab_is_reported() -> None:
    answer = lab("status", "--lab", "no-such-lab")
    assert answer.returncode == 2
    assert answer.stderr.startswith("thongsuot-lab: no lab 'no-such-lab' is running")


def test_every_fault_is_listed_with_its_arguments() -> None:
    listed = lab("faults").stdout
    assert "cut-fibre site=… [link=fixed]\n    The line to the carrier is cut" in listed


def test_reading_only_the_first_lines_gives_no_traceback() -> None:
    command = [sys.executable, "-m", "thongsuot_lab.cli", "faults"]
    # The pipe's reader is gone before the first line is written.
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken:
        ended = subprocess.run(command, stdout=broken, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
