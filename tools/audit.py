"""
Known vulnerabilities of the pinned requirements, by pip-audit against OSV.

    python tools/audit.py [--service URL]

Exit 0: all pins were audited, and none has a known vulnerability. 1: some have one, or pip-audit
itself failed. 75 (``EX_TEMPFAIL``): not audited, because the advisory service is unavailable or
omitted some packages; this is reported and does not count as a success. ``THONGSUOT_ADVISORIES``
names a mirror of the service (its ``/v1/query``).
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from tools.requirements import FOLDER, names, pins

ROOT = Path(__file__).resolve().parent.parent
NOT_AUDITED = os.EX_TEMPFAIL
MIRROR = "THONGSUOT_ADVISORIES"

ACCEPTED: Mapping[str, str] = {}
"""Advisories that do not affect us, by id, each with the reason."""

_WITHIN_S = 600
_AWAY = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|Could not connect|ServiceError|HTTPError"
    r"|ProxyError|SSLError|JSONDecodeError"
)
"""The last line of pip-audit when a service is unavailable or its answer is invalid."""


class Vulnerability(msgspec.Struct, frozen=True):
    """One advisory, and the versions in which it is fixed."""

    id: str
    aliases: list[str] = []
    fix_versions: list[str] = []


class Dependency(msgspec.Struct, frozen=True):
    """One pin as reported by pip-audit; ``skip_reason`` if it was not audited."""

    name: str
    version: str = ""
    vulns: list[Vulnerability] = []
    skip_reason: str = ""


class AuditReport(msgspec.Struct, frozen=True):
    """The output of pip-audit with ``--format json``."""

    dependencies: list[Dependency]


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the pins of this checkout; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Audit the pinned requirements for known vulnerabilities."
    )
    parser.add_argument("--service", default=os.environ.get(MIRROR, ""), help="query URL of an OSV")
    options = parser.parse_args(arguments)
    wanted: dict[str, str] = {}
    for name in names():
        wanted |= pins((ROOT / FOLDER / f"{name}.txt").read_text(encoding="utf-8"))
    status, text = audit(wanted, options.service)
    print(text)
    return status


def audit(wanted: Mapping[str, str], service: str = "") -> tuple[int, str]:
    """Return the exit code for some pins (version by name), and the lines to print."""
    done = _ask(wanted, service)
    try:
        report = msgspec.json.decode(done.stdout, type=AuditReport)
    except msgspec.DecodeError:
        return _broken(done)
    vulnerabilities = list(_found(report))
    if vulnerabilities:
        return 1, "\n".join(vulnerabilities)
    lacking = sorted(set(map(canonical, wanted)) - {canonical(name) for name in looked_at(report)})
    if lacking:
        text = f"not audited: {len(lacking)} of {len(wanted)} packages: {', '.join(lacking)}"
        return NOT_AUDITED, text
    return 0, f"audited: {len(wanted)} packages, no known vulnerability"


def looked_at(report: AuditReport) -> Iterator[str]:
    """Yield the names of the packages that were really audited."""
    return (dependency.name for dependency in report.dependencies if not dependency.skip_reason)


def canonical(name: str) -> str:
    """Return a package's normalized name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ask(wanted: Mapping[str, str], service: str) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory(prefix="thongsuot-audit-") as folder:
        # All pins at once and without their markers: those for other Pythons are shipped as well.
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text("".join(f"{name}=={wanted[name]}\n" for name in sorted(wanted)))
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(pinned)),
            *("--no-deps", "--disable-pip", "--vulnerability-service", "osv"),
            *("--format", "json", "--desc", "off", "--aliases", "on", "--progress-spinner", "off"),
            *("--cache-dir", str(Path(folder) / "cache")),
            *(["--osv-url", service] if service else []),
            *(word for accepted in ACCEPTED for word in ("--ignore-vuln", accepted)),
        ]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_WITHIN_S
        )


def _found(report: AuditReport) -> Iterator[str]:
    for dependency in report.dependencies:
        for vulnerability in dependency.vulns:
            mended = ", ".join(vulnerability.fix_versions)
            known = ", ".join((vulnerability.id, *vulnerability.aliases))
            yield (
                f"{dependency.name} {dependency.version} is vulnerable: {known}; "
                + (f"mended in {mended}" if mended else "not fixed in any version yet")
            )


def _broken(done: "subprocess.CompletedProcess[str]") -> tuple[int, str]:
    last = (done.stderr.strip().splitlines() or ["pip-audit printed nothing"])[-1]
    if _AWAY.search(last):
        return NOT_AUDITED, f"not audited: the advisory service is unavailable: {_short(last)}"
    return 1, f"pip-audit ended with {done.returncode}:\n{done.stderr.strip()}"


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


if __name__ == "__main__":
    sys.exit(main())
