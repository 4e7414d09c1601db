"""
The resident agent loads only the modules listed in `agent/imports.txt`, and stays small.

Devices are small and shared; whatever is heavy to import belongs into a short-lived process.
"""

import sys

import pytest
from tools.footprint import IMPORTS, Footprint, imports_text

from thongsuot_lab.testing import needs_lab

pytestmark = [pytest.mark.lab, needs_lab]

RESIDENT_BYTES = 40 << 20
"""
With every kind of probe planned, all at work every few seconds, without docstrings, as the unit
runs it. What the default profile weighs at rest is measured by ``bench.rest``.
"""

FORBIDDEN = {
    "ssl": "a second TLS library, 4.5 MiB; TLS is libcurl's",
    "typing_extensions": "6.8 MiB for names that `typing` has",
    "email": "comes with http.client and urllib.request; libcurl does that",
    "importlib_metadata": "reads every installed package; the version is a constant",
    "pkg_resources": "the same, and slower",
    "dns": "dnspython's messages, 6.8 MiB; a DNS codec of our own is in proto/",
    "prometheus_client": "2.3 MiB; /metrics is written from the catalogue",
    "pydantic": "settings are msgspec's",
    "pyroute2": "10 MiB; netlink is in proto/",
    "scapy": "56 to 78 MiB and 0.8 s",
    "pysnmp": "10 MiB; in a worker, when it comes",
    "asyncpg": "the collector's",
    "sqlalchemy": "the collector's",
    "starlette": "the collector's",
    "uvicorn": "the collector's",
    "thongsuot_collector": "another room",
    "thongsuot_lab": "another room",
    "unittest": "a test's",
}
"""Top-level modules that the resident agent must not load, and why."""


def listed(text: str) -> tuple[frozenset[str], str]:
    """Return the modules of a list and the Python that it was made on."""
    lines = text.splitlines()
    python = next(line.removeprefix("# Python ") for line in lines if line.startswith("# Python "))
    return frozenset(line for line in lines if not line.startswith("#")), python


def foreign(modules: frozenset[str]) -> set[str]:
    """Return the modules that are not of the standard library."""
    public = {name for name in modules if not name.startswith("_")}
    return public - sys.stdlib_module_names


def test_the_agent_loads_what_is_listed(agent_at_work: Footprint) -> None:
    expected, python = listed(IMPORTS.read_text("utf-8"))
    loaded = {name for name in agent_at_work.modules if not name.startswith("_")}
    if sys.version.startswith(f"{python}."):
        assert loaded == expected, "if that is right: python -m tools.footprint"
    else:
        assert foreign(agent_at_work.modules) == foreign(expected)


def test_the_agent_loads_nothing_that_is_forbidden(agent_at_work: Footprint) -> None:
    loaded = {name: FORBIDDEN[name] for name in agent_at_work.modules & FORBIDDEN.keys()}
    assert loaded == {}


def test_the_agent_at_work_stays_within_its_memory(agent_at_work: Footprint) -> None:
    assert agent_at_work.resident_bytes <= RESIDENT_BYTES


def test_a_module_more_or_a_module_less_is_found() -> None:
    text = imports_text(frozenset({"asyncio", "pycurl", "_asyncio"}))
    expected, python = listed(text)
    assert expected == {"asyncio", "pycurl"}
    assert sys.version.startswith(f"{python}.")
    assert foreign(expected | {"scapy", "socket"}) == {"pycurl", "scapy"}
