"""What `./run fresh` sees, counts and keeps; `./run nightly fresh` plays the roots themselves."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tools.fresh.demo_watch import scenes_of
from tools.fresh.inside import command_line, counted
from tools.fresh.newcomer import Newcomer
from tools.fresh.outcome import (
    DemoOutcome,
    FreshOutcome,
    StoryScene,
    TestOutcome,
    outcome_from_json,
)
from tools.fresh.releases import RELEASES
from tools.fresh.table import BEGIN, END, keep, table_lines

ROOT = Path(__file__).resolve().parents[2]
STORY = """\
run: installing Python packages into .venv
[1/2] A digger cuts the fibre of s1
  The responsible party has been notified, 6 s after
  notified after 7 s: The city's engineers, by alerting system, about fixed of s1
  notified after 6 s: Sông Hồng, by ticket system 81, about fixed of s1
[2/2] The power goes at s3
  not within 150 s: The responsible party has been notified
"""
GOOD = FreshOutcome(
    release="debian-13",
    user="root",
    date="2026-11-30",
    commit="0123abcd",
    python="3.13.5",
    commands=430,
    demo=DemoOutcome(
        seen_s=71.2,
        scenes=(StoryScene(title="A digger cuts the fibre of s1", told_s=6.0),),
        of_scenes=1,
    ),
    test=TestOutcome(tests=("tests/schema",), code=0, took_s=80.4, counts={"passed": 12}),
)


def test_a_story_is_read_scene_by_scene_with_who_was_notified_first() -> None:
    assert scenes_of(STORY.splitlines()) == (
        (
            StoryScene(title="A digger cuts the fibre of s1", told_s=6.0),
            StoryScene(
                title="The power goes at s3",
                missed=("not within 150 s: The responsible party has been notified",),
            ),
        ),
        2,
    )


@pytest.mark.parametrize(
    "spoiled",
    [
        replace(GOOD, demo=replace(GOOD.demo or DemoOutcome(), of_scenes=2)),
        replace(GOOD, demo=replace(GOOD.demo or DemoOutcome(), problem="left running")),
        replace(GOOD, demo=DemoOutcome(seen_s=1.0)),
        replace(GOOD, test=TestOutcome(tests=(), code=0, took_s=1.0)),
        replace(GOOD, test=TestOutcome(tests=(), code=1, took_s=1.0, counts={"passed": 12})),
        replace(GOOD, demo=None, test=None),
        replace(GOOD, not_played="no mirror"),
    ],
)
def test_a_run_not_followed_to_its_end_is_not_good(spoiled: FreshOutcome) -> None:
    assert GOOD.is_good
    assert not spoiled.is_good


def test_options_of_pytest_reach_the_tests_in_the_root() -> None:
    wanted = ["tests/schema", "-m", "not lab", "--ignore=tests/schema/page"]
    words = ["/out.json", "--release", "debian-13", "--user", "plain", "--tests", *wanted]
    assert command_line().parse_args(words).tests == wanted


def test_summaries_at_the_end_are_added_up_and_nothing_before_them() -> None:
    lines = [
        "1 failed, 2 passed in 3.00s",  # the output of a part that failed, shown whole
        "suite: all parts: 900 s",
        "1 failed, 2 passed in 3.00s",
        "40 passed, 3 deselected in 7.50s",
        "failed: real servers",
    ]
    assert counted(lines) == {"passed": 42, "failed": 1, "deselected": 3}
    assert counted(["", "===== 5 passed, 1 skipped in 0.42s ====="]) == {"passed": 5, "skipped": 1}
    assert counted(["ImportError: nothing ran"]) == {}


def test_an_outcome_survives_being_written_down() -> None:
    assert outcome_from_json(json.loads(json.dumps(GOOD.as_json()))) == GOOD


def test_rows_of_before_stay_and_a_row_played_again_is_replaced(tmp_path: Path) -> None:
    page, record = tmp_path / "page.md", tmp_path / "record.json"
    page.write_text(f"# Title\n\n{BEGIN}\nstale row\n\n{END}\n\n## After\n", encoding="utf-8")
    plain = replace(GOOD, user="plain", asked_root_for=("iproute2", "nftables"))
    keep([GOOD, plain], page, record)
    keep([replace(GOOD, commit="89abcdef")], page, record)
    text = page.read_text("utf-8")
    assert text.startswith("# Title\n")
    assert text.endswith("\n## After\n")
    assert "stale row" not in text
    rows = [line for line in text.splitlines() if line.startswith("| Debian 13")]
    assert [row.split(" | ")[2] for row in rows] == ["root", "plain"]
    assert "89abcdef" in rows[0]
    assert "0123abcd" in rows[1]
    assert "1 of 1, notified after 6 s" in rows[0]
    assert "12 passed in 80 s" in rows[0]
    assert "stopped until root had installed iproute2 nftables" in text


def test_a_root_that_cannot_be_made_has_a_row_that_says_why() -> None:
    missing = FreshOutcome(
        release="ubuntu-24.04",
        user="root",
        date="2026-11-30",
        commit="0123abcd",
        not_played="no mirror of ubuntu is given",
    )
    table = "\n".join(table_lines([missing]))
    assert "| Ubuntu 24.04 | – | root | not played |" in table
    assert "- Ubuntu 24.04: no mirror of ubuntu is given." in table


def test_packages_of_another_distribution_come_only_from_a_mirror_that_was_given() -> None:
    ubuntu = next(release for release in RELEASES if release.archive == "ubuntu")
    with pytest.raises(LookupError, match="no mirror of ubuntu is given"):
        ubuntu.source({"debian": "http://mirror.example/debian"})
    source = ubuntu.source({"ubuntu": "http://mirror.example/ubuntu"})
    assert source == "deb http://mirror.example/ubuntu noble main universe"
    assert RELEASES[0].source({}) == ""


def test_packages_that_only_root_can_install_are_read_from_a_commands_output() -> None:
    newcomer = Newcomer(is_root=False, installed=["iproute2"])
    printed_lines = [
        "run: going on without: prometheus (only root can install it, with apt)",
        "run: missing on this machine, and only root can install: apt-get install iproute2",
    ]
    # Installed already and still asked for: nothing that another attempt would change.
    assert not newcomer.install_what_is_asked_for(printed_lines)
    assert newcomer.goes_without == {"prometheus"}


DEMO = """\
import http.server, os, signal, subprocess, sys, threading, time
# Ctrl-C is ignored by what a script started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"page")
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"collector: http://127.0.0.1:{server.server_port}/", flush=True)
print("[1/1] A digger", file=sys.stderr)
print("  notified after 4 s: someone, by mail", file=sys.stderr)
print("The story is over.", file=sys.stderr, flush=True)
LEAVES_BEHIND
try:
    time.sleep(600)
except KeyboardInterrupt:
    sys.exit(0)
"""
WATCH = """\
import json
from tools.fresh import demo_watch
from tools.fresh.newcomer import Newcomer
demo_watch.QUIET_S = 0.2
outcome, _ = demo_watch.watch_demo(Newcomer(is_root=True))
print(json.dumps([outcome.is_good, outcome.problem, len(outcome.scenes)]))
"""


def watched(clone: Path, demo: str) -> tuple[bool, str, int]:
    """Watch a demo in namespaces of its own, as in a new root; return what was seen of it."""
    program = clone / "run"
    program.write_text(f"#!{sys.executable}\n{demo}", encoding="utf-8")
    program.chmod(0o755)
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    alone = ("unshare", *user, "--net", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-ec")
    script = 'ip link set lo up; mount -t tmpfs tmpfs /run; exec "$0" -c "$1"'
    done = subprocess.run(
        [*alone, script, sys.executable, WATCH],
        cwd=clone,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    is_good, problem, scenes = json.loads(done.stdout)
    return is_good, problem, scenes


@pytest.mark.lab
def test_a_demo_is_followed_to_the_end_of_its_story_and_ended_as_by_ctrl_c(tmp_path: Path) -> None:
    assert watched(tmp_path, DEMO.replace("LEAVES_BEHIND", "")) == (True, "", 1)


@pytest.mark.lab
def test_a_process_that_outlives_the_demo_is_named(tmp_path: Path) -> None:
    leaves = "subprocess.Popen(['sleep', '300'], start_new_session=True, stderr=-3)"
    is_good, problem, _ = watched(tmp_path, DEMO.replace("LEAVES_BEHIND", leaves))
    assert not is_good
    assert "left running" in problem
    assert "sleep 300" in problem


@pytest.mark.lab
def test_a_demo_without_an_address_is_a_problem_that_names_its_last_words(tmp_path: Path) -> None:
    seen = watched(tmp_path, "import sys; sys.exit('demo: a lab needs root')")
    assert seen == (False, "it ended with 1: demo: a lab needs root", 0)
