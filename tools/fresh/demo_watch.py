"""
Watches one ``./run demo`` to its end: addresses, pages, story, and leftovers.

Only the standard library: this runs inside the new root.
"""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from tools.fresh.newcomer import Newcomer, say
from tools.fresh.outcome import DemoOutcome, StoryScene

FIRST_ADDRESS_S = 900.0
"""Until the first address is printed; nearly all of this time is the download of packages."""

QUIET_S = 3.0
"""No further address for this long: all have been printed."""

TOLD_S = 60.0
"""The promise of the README: within a minute of the start the state of the sites is visible."""

STORY_S = 1200.0
"""Five scenes, each of which gives up by itself after two to five minutes."""

END_S = 60.0

_ADDRESS = re.compile(r"^(?P<name>[^:]+): (?P<url>http://127\.0\.0\.1:\d+\S*)$")
_SCENE = re.compile(r"^\[(?P<number>\d+)/(?P<of>\d+)\] (?P<title>.+)$")
_TOLD = re.compile(r"^  notified after (?P<seconds>\d+) s: ")
_MISSED = re.compile(r"^  (?P<what>not within \d+ s: .+)$")
_STORY_ENDED = "The story is over"


class WatchError(Exception):
    """Something that the README promises was not observed; the message names it."""


class DemoLines:
    """The lines of both outputs of a running demo, each read in a thread of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.said: list[str] = []
        """Its standard error so far."""
        self._addresses: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None
        assert process.stderr is not None
        self._readers = [
            _reader(process.stdout, self._addresses.put),
            _reader(process.stderr, self.said.append),
        ]

    def addresses(self) -> dict[str, str]:
        """
        Return the addresses that the demo prints, by name; empty if it ended before.

        Raises:
            WatchError: it runs but prints none.
        """
        urls: dict[str, str] = {}
        deadline = time.monotonic() + FIRST_ADDRESS_S
        while time.monotonic() < deadline:
            try:
                line = self._addresses.get(timeout=QUIET_S)
            except queue.Empty:
                if urls or self._process.poll() is not None:
                    return urls
                continue
            if match := _ADDRESS.match(line):
                urls[match["name"]] = match["url"]
        raise WatchError(f"no address in {FIRST_ADDRESS_S:.0f} s")

    def wait_for_story(self) -> None:
        """
        Wait for the end of the story, and print each scene.

        Raises:
            WatchError: the demo ended first, or the story does not end.
        """
        deadline, shown = time.monotonic() + STORY_S, 0
        while True:
            lines = self.said[shown:]
            shown += len(lines)
            for line in lines:
                if _SCENE.match(line) or _TOLD.match(line) or _MISSED.match(line):
                    say(line)
            if any(line.startswith(_STORY_ENDED) for line in lines):
                return
            if self._process.poll() is not None:
                raise WatchError(f"it ended with {self._process.returncode} before its story")
            if time.monotonic() > deadline:
                raise WatchError(f"its story has no end after {STORY_S:.0f} s")
            time.sleep(0.5)

    def join(self) -> None:
        """Wait until both outputs are read to their ends."""
        for reader in self._readers:
            reader.join(END_S)


def _reader(stream: IO[bytes], take_line: Callable[[str], None]) -> threading.Thread:
    def read() -> None:
        for line in stream:
            take_line(line.decode("utf-8", "replace").rstrip("\n"))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def scenes_of(lines: Sequence[str]) -> tuple[tuple[StoryScene, ...], int]:
    """Return the scenes in a demo's output, and their total number."""
    scenes: list[StoryScene] = []
    of_scenes = 0
    for line in lines:
        if match := _SCENE.match(line):
            scenes.append(StoryScene(title=match["title"]))
            of_scenes = int(match["of"])
        elif scenes and (match := _TOLD.match(line)):
            seconds, last = float(match["seconds"]), scenes[-1]
            told_s = seconds if last.told_s is None else min(last.told_s, seconds)
            scenes[-1] = StoryScene(title=last.title, told_s=told_s, missed=last.missed)
        elif scenes and (match := _MISSED.match(line)):
            last = scenes[-1]
            scenes[-1] = StoryScene(
                title=last.title, told_s=last.told_s, missed=(*last.missed, match["what"])
            )
    return tuple(scenes), of_scenes


def watch_demo(newcomer: Newcomer) -> tuple[DemoOutcome, list[str]]:
    """
    Run the demo once to its end; return what was observed, and its standard error.

    ``seen_s`` is absent if it ended without an address.
    """
    before, started = _processes(), time.monotonic()
    process = newcomer.start(["./run", "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = DemoLines(process)
    seen_s, problem = None, ""
    try:
        _see_pages(process, lines)
        seen_s = time.monotonic() - started
        say(f"demo: every address shows what it should after {seen_s:.0f} s")
        lines.wait_for_story()
        _stop(process)
        _see_nothing_left(before)
    except (WatchError, subprocess.TimeoutExpired) as error:
        problem = str(error)
        say(f"demo: {problem}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    scenes, of_scenes = scenes_of(lines.said)
    outcome = DemoOutcome(seen_s=seen_s, scenes=scenes, of_scenes=of_scenes, problem=problem)
    return outcome, list(lines.said)


def _see_pages(process: subprocess.Popen[bytes], lines: DemoLines) -> None:
    urls = lines.addresses()
    if not urls:
        lines.join()
        code = process.wait(END_S)
        raise WatchError(f"it ended with {code}: {lines.said[-1] if lines.said else 'silent'}")
    for name, url in urls.items():
        _check(name, url)


def _stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)
    if code := process.wait(END_S):
        raise WatchError(f"after Ctrl-C it ended with {code}")


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body.decode("utf-8")


def _await(seen: Callable[[], bool], awaited: str) -> None:
    """Wait until an address shows something."""
    deadline = time.monotonic() + TOLD_S
    while True:
        try:
            if seen():
                return
            why = "it shows something else"
        except (urllib.error.URLError, ConnectionError) as error:
            why = str(error)
        if time.monotonic() > deadline:
            raise WatchError(f"not so after {TOLD_S:.0f} s: {awaited} ({why})")
        time.sleep(0.5)


def _check(name: str, url: str) -> None:
    """Check that an address shows what the README promises; the story begins meanwhile."""
    _await(lambda: bool(_fetch(url).strip()), f"{name} answers at {url}")
    if "/sites/" in url:
        _await(lambda: _is_judged(url), f"{url} says how the links are")
    if name == "prometheus":
        _await(lambda: _is_measured(url), f"{url} has round trips over both links")


def _is_judged(site: str) -> bool:
    links = json.loads(_fetch(f"{site}.json"))["links"]
    return bool(links) and any(link["state"] == "up" for link in links)


def _is_measured(prometheus: str) -> bool:
    query = urllib.parse.quote("count by (link) (thongsuot_icmp_rtt_seconds)")
    answer = json.loads(_fetch(f"{prometheus}api/v1/query?query={query}"))
    return len(answer["data"]["result"]) >= 2


def _processes() -> set[str]:
    """Return the processes of this namespace as ``pid command``, kernel threads left out."""
    names: set[str] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue  # it has just ended
        if command:
            names.add(f"{entry.name} {command}")
    return names


def _see_nothing_left(before: set[str]) -> None:
    if left := _processes() - before:
        raise WatchError(f"left running: {sorted(left)}")
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False)
    if listed.stdout.strip():
        raise WatchError(f"namespaces left: {listed.stdout}")
