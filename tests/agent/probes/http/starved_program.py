"""
Run by the tests: visits to a page over lines of 40 ms, first as the machine is, then on a CPU that
others want as well.

Prints as JSON how long each took, what it doubted and what was the device's, until one is doubted,
at most 20 times.
"""

import itertools
import json
import tempfile
from pathlib import Path

from tests.agent.links.starving import give_way, starving
from tests.agent.probes.http.visiting import HOST, measure
from tests.agent.probes.web_server import ServerAuthority, page
from thongsuot_agent.links.roundtrip import keep_stamping
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import two_uplinks
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.catalogue import http

LINE = Impairment(delay_s=0.02)


Visit = tuple[float, list[str], float]
"""How long a page took, what is doubted of it, and how much of it was the device's at most."""


def visit(lab: Lab, authority: ServerAuthority) -> Visit:
    finding = measure(lab, page(), authority.context(HOST), trust=authority)
    doubts = [str(doubt) for doubt in finding.doubts]
    return finding.values[http.TOTAL.name], doubts, float(finding.evidence.get(http.OWN_SHARE, 0))


def main(folder: Path) -> dict[str, object]:
    authority = ServerAuthority(folder)
    with keep_stamping(), two_uplinks() as lab:
        lab.impair("ont--internet", LINE, LINE)
        # The machine may be busy by itself.
        quick = (visit(lab, authority) for _ in range(60))
        undoubted = (total_s for total_s, doubts, _ in quick if not doubts)
        quickest_s = min(itertools.islice(undoubted, 3))
        visits: list[Visit] = []
        with starving():
            give_way()
            while len(visits) < 20 and not any(doubts for _, doubts, _ in visits):
                visits.append(visit(lab, authority))
    return {"quickest_s": quickest_s, "visits": visits}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(main(Path(folder))))  # noqa: T201 - that is its work
