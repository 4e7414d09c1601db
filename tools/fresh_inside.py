"""
What a newcomer does with a new clone, and what has to be seen: run by ``tools/fresh.sh``.

Only the standard library, because there is nothing else yet. Starts ``./run demo``, opens every
address that it prints on standard output, ends it with Ctrl-C and looks whether anything stays
behind; then runs ``./run test``.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

FIRST_ADDRESS_S = 600.0
"""Until the first address is printed; nearly all of it is the download of packages."""

QUIET_S = 3.0
"""No further address for this long: all are printed."""

TOLD_S = 60.0
"""The promise of the README: within a minute of the start one sees how the sites are doing."""

END_S = 60.0

_ADDRESS = re.compile(r"^(?P<name>[^:]+): (?P<url>http://127\.0\.0\.1:\d+\S*)$")


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"fresh: {text}", file=sys.stderr, flush=True)


def follow(stream: IO[str]) -> "queue.Queue[str]":
    """Return a queue of the lines of a stream, read in a thread of its own."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stream:
            lines.put(line.rstrip("\n"))

    threading.Thread(target=read, daemon=True).start()
    return lines


def fetch(url: str) -> str:
    """Return the body of an address."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body.decode("utf-8")


def await_truth(told: Callable[[], bool], awaited: str) -> None:
    """Wait until something is told by an address. Raises TimeoutError, naming what was not."""
    deadline = time.monotonic() + TOLD_S
    while True:
        try:
            if told():
                return
            why = "it says something else"
        except (urllib.error.URLError, ConnectionError) as error:
            why = str(error)
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {TOLD_S:.0f} s: {awaited} ({why})")
        time.sleep(0.5)


def links_are_up(site: str) -> bool:
    """Whether the collector's page of a site says that every link of it is up."""
    links = json.loads(fetch(f"{site}.json"))["links"]
    return bool(links) and all(link["state"] == "up" for link in links)


def is_measured(prometheus: str) -> bool:
    """Whether Prometheus has round trips over two links."""
    query = urllib.parse.quote("count by (link) (thongsuot_icmp_rtt_seconds)")
    answer = json.loads(fetch(f"{prometheus}api/v1/query?query={query}"))
    return len(answer["data"]["result"]) >= 2


def check(name: str, url: str) -> None:
    """See that an address shows what the README promises of it."""
    await_truth(lambda: bool(fetch(url).strip()), f"{name} answers at {url}")
    if "/sites/" in url:
        await_truth(lambda: links_are_up(url), f"{url} shows all links up")
    if name == "prometheus":
        await_truth(lambda: is_measured(url), f"{url} has round trips over both links")
    say(f"{name}: {url} shows what it should")


def addresses(lines: "queue.Queue[str]", demo: subprocess.Popen[str]) -> dict[str, str]:
    """Return the addresses that the demo prints, by their names."""
    urls: dict[str, str] = {}
    wait_s = FIRST_ADDRESS_S
    while True:
        try:
            line = lines.get(timeout=wait_s)
        except queue.Empty:
            if not urls:
                raise TimeoutError(f"no address in {wait_s:.0f} s; exit {demo.poll()}") from None
            return urls
        if match := _ADDRESS.match(line):
            urls[match["name"]] = match["url"]
            wait_s = QUIET_S


def processes() -> set[str]:
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


def demo() -> None:
    """Start the demo, see its pages, end it. Raises AssertionError for what should not be."""
    before = processes()
    started = time.monotonic()
    with subprocess.Popen(
        ["./run", "demo"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        urls = addresses(follow(running.stdout), running)
        for name, url in urls.items():
            check(name, url)
        took_s = time.monotonic() - started
        say(f"everything was seen {took_s:.0f} s after the command, {QUIET_S:.0f} s of it waiting")
        os.killpg(running.pid, signal.SIGINT)
        code = running.wait(END_S)
    say(f"after Ctrl-C it ended with {code}")
    left = {line for line in processes() - before if not line.endswith("fresh_inside.py")}
    assert not left, f"left running: {sorted(left)}"
    spaces = subprocess.run(["ip", "netns", "list"], check=True, capture_output=True, text=True)
    assert not spaces.stdout.strip(), f"namespaces left: {spaces.stdout}"


def test(arguments: Sequence[str]) -> int:
    """Run the tests; return their exit code."""
    started = time.monotonic()
    code = subprocess.run(["./run", "test", *arguments], check=False).returncode
    say(f"./run test ended with {code} after {time.monotonic() - started:.0f} s")
    return code


def main(arguments: Sequence[str]) -> int:
    """Run ``demo``, ``test ARG ...``, or without arguments both."""
    commands = sum(1 for _ in Path("/usr/bin").iterdir())
    say(f"Python {sys.version.split()[0]}, {commands} commands in /usr/bin")
    if arguments[:1] != ["test"]:
        demo()
    return 0 if arguments[:1] == ["demo"] else test(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
