"""
The citizen on the lab's packets: curl in the client namespace of a site, and nothing else.

A new visit every two seconds, the portals in turn, by name, with curl's own resolver (glibc), its
race of the families and a time-out of fifteen seconds, regardless of the previous visit.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from thongsuot_lab.lab import Lab
from thongsuot_lab.truth.citizen import EVERY_S, GIVES_UP_S, Visit

_LOOP = """
ca=$1; every=$2; patience=$3; shift 3
while :; do
    for url in "$@"; do
        (
            begun=$(date +%s.%N)
            total=$(curl --silent --fail --output /dev/null --max-time "$patience" --cacert "$ca" \
                --write-out '%{time_total}' "$url") && code=0 || code=$?
            echo "$begun $url $code $total"
        ) &
        sleep "$every"
    done
done
"""


class PacketCitizen:
    """A person at one site; ``stop`` ends the visits, ``visits`` reads their results."""

    def __init__(self, lab: Lab, client: str, urls: Sequence[str], file: Path) -> None:
        self._file = file
        with file.open("wb") as out:
            self._process = lab.node(client).popen(
                ["sh", "-c", _LOOP, "sh", str(lab.ca_file), f"{EVERY_S}", f"{GIVES_UP_S}", *urls],
                stdout=out,
                stderr=subprocess.DEVNULL,
            )

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def visits(self, from_s: float, to_s: float) -> tuple[Visit, ...]:
        """Return the visits that began in a time (Unix), with times since it began."""
        visits = []
        for line in self._file.read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) != len(("begun", "url", "code", "total")):
                continue  # The last line is being written.
            begun_s = float(words[0])
            if from_s <= begun_s < to_s:
                portal = words[1].removeprefix("https://").partition(".")[0]
                failure = "" if words[2] == "0" else f"curl {words[2]}"
                visits.append(Visit(begun_s - from_s, portal, float(words[3]), failure))
        return tuple(sorted(visits, key=lambda visit: visit.at_s))
