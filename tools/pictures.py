"""
Pictures of the pages, for the documentation: taken from a running demonstration in both languages.

    ./run pictures

Starts ``./run demo`` without its story, cuts the fibre of one point, waits until the pages show it,
and writes a screenshot of each page to ``docs/pictures/<page>.<language>.png``. It takes about two
minutes, and needs what the demonstration and the browser tests need.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from playwright.sync_api import sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "pictures"
LANGUAGES: Final = ("vi", "en")
PHONE, DESKTOP = (360, 740), (1280, 800)
POINT: Final = "s2"
"""
The site whose fibre belongs to the carrier without a ticket system: its staff answer at their desk.
"""

_WITHIN_S: Final = 180.0

T = TypeVar("T")


class Picture(NamedTuple):
    """One picture: its page, the screen size, and the element at its top."""

    name: str
    url: str
    screen: tuple[int, int]
    element: str = ""


def pictures(addresses: Mapping[str, str]) -> Iterator[Picture]:
    """Yield the pictures to take, once the fault is known."""
    base = addresses["collector"].rstrip("/")
    incident = _open_incident(base)
    assert incident is not None
    circuit = _circuit(base)
    month = time.strftime("%Y-%m", time.gmtime(time.time() + 7 * 3600))
    yield Picture("point", f"{base}/sites/{POINT}", PHONE)
    yield Picture("point-month", f"{base}/sites/{POINT}?period=30d", PHONE, "#l0x")
    yield Picture("device", addresses[f"{POINT}-device"], PHONE)
    yield Picture("home", f"{base}/", DESKTOP)
    yield Picture("wall", f"{base}/wall", DESKTOP)
    yield Picture("points", f"{base}/sites", DESKTOP)
    yield Picture("lines", f"{base}/links", DESKTOP)
    yield Picture("incidents", f"{base}/incidents", DESKTOP)
    yield Picture("incident", f"{base}/incidents/{incident}", DESKTOP)
    yield Picture("incident-paths", f"{base}/incidents/{incident}", DESKTOP, "#paths")
    yield Picture("statement", f"{base}/sla/{month}/{circuit}", DESKTOP)
    yield Picture("record", f"{base}/account", DESKTOP)
    yield Picture("desk", addresses["desk-cuu-long"], DESKTOP)


@contextmanager
def demonstration() -> Iterator[dict[str, str]]:
    """Run the demonstration; yields its addresses, and the name of its lab as ``lab``."""
    command = [str(ROOT / "run"), "demo", "--no-story"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stderr is not None
    addresses: dict[str, str] = {}
    try:
        for line in process.stdout:
            name, _, value = line.strip().partition(": ")
            addresses[name] = value
            if name == "tickets":
                break
        else:
            raise SystemExit(f"pictures: the demonstration ended: {process.stderr.read()[-500:]}")
        for line in process.stderr:
            if match := re.search(r"--lab (\S+)", line):
                addresses["lab"] = match[1]
                break
        yield addresses
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def take(addresses: Mapping[str, str], folder: Path) -> int:
    """Take all pictures; return their number."""
    count = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for picture in pictures(addresses):
            for language in LANGUAGES:
                width, height = picture.screen
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    timezone_id="Asia/Ho_Chi_Minh",
                )
                mark = "&" if "?" in picture.url else "?"
                page.goto(f"{picture.url}{mark}lang={language}")
                file = folder / f"{picture.name}.{language}.png"
                if picture.element:
                    section = page.locator(picture.element)
                    section.evaluate("node => node.scrollIntoView({block: 'start'})")
                page.screenshot(path=file)
                page.close()
                count += 1
        browser.close()
    return count


def main() -> int:
    """Take the pictures."""
    argparse.ArgumentParser(prog="./run pictures", description=__doc__).parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demonstration() as addresses:
        base = addresses["collector"].rstrip("/")
        fault = ["fault", "cut-fibre", f"site={POINT}", "--lab", addresses["lab"]]
        subprocess.run([str(ROOT / "run"), "lab", *fault], cwd=ROOT, check=True)
        _wait("an incident", lambda: _open_incident(base))
        _wait("the counter of the point", lambda: _counter(base))
        count = take(addresses, FOLDER)
    print(f"pictures: {count} in {FOLDER.relative_to(ROOT)}")
    return 0


def _wait(awaited: str, look: Callable[[], T | None]) -> T:
    until_s = time.monotonic() + _WITHIN_S
    while time.monotonic() < until_s:
        seen = look()
        if seen is not None:
            return seen
        time.sleep(1)
    raise SystemExit(f"pictures: {awaited} did not show within {_WITHIN_S:.0f} s")


def _open_incident(base: str) -> str | None:
    records = _json(f"{base}/api/v1/incidents?status=open")
    assert isinstance(records, dict)
    return next((str(record["id"]) for record in records["items"]), None)


def _counter(base: str) -> bool | None:
    """Return True once it is known whether the computers of the point have Internet access."""
    view = _json(f"{base}/sites/{POINT}.json")
    assert isinstance(view, dict)
    counter = view.get("counter")
    return True if counter and not counter["is_alive"] else None


def _circuit(base: str) -> str:
    view = _json(f"{base}/sites/{POINT}.json")
    assert isinstance(view, dict)
    return str(view["links"][0]["circuit"])


def _json(url: str) -> object:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return json.load(response)
    except urllib.error.URLError as error:
        raise SystemExit(f"pictures: {url}: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
