"""
Accessibility by axe-core, fetched from the npm registry once and kept in ``.cache/node``.

``python -m tests.browser.axe`` fetches it ahead of the tests, which then need no network.
"""

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest
from playwright.async_api import Page

VERSION = "4.14.1"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""Of ``axe.min.js`` in that version; MPL-2.0, used by tests only and never shipped."""

CACHED = Path(__file__).parents[2] / ".cache" / "node" / f"axe-{VERSION}.min.js"

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def fetch() -> Path:
    """Return the path of axe-core; fetched with npm when it is not there yet."""
    if CACHED.exists():
        return CACHED
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", f"axe-core@{VERSION}", "--silent"],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        archive = (Path(folder) / packed.stdout.strip().splitlines()[-1]).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        member = package.extractfile("package/axe.min.js")
        if member is None:
            raise FileNotFoundError("axe-core holds no axe.min.js")
        source = member.read()
    found = hashlib.sha256(source).hexdigest()
    if found != SHA256:
        raise ValueError(f"axe.min.js {VERSION} has SHA-256 {found}, not {SHA256}")
    CACHED.parent.mkdir(parents=True, exist_ok=True)
    CACHED.write_bytes(source)
    return CACHED


@cache
def _source() -> str:
    if not CACHED.exists() and not shutil.which("npm"):
        pytest.skip("axe-core is not in .cache/node and npm is not installed")
    return fetch().read_text()


async def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page as it is now: rule, impact, and the first places."""
    # Evaluated, not added as a tag: the page's own policy would rightly refuse it.
    await page.evaluate(_source())
    found = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{one['id']} ({one['impact']}): "
        + "; ".join(f"{node['html'][:160]} {node['failureSummary']}" for node in one["nodes"][:3])
        for one in found["violations"]
    ]


if __name__ == "__main__":
    fetch()
