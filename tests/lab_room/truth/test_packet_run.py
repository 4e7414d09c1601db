"""Scenarios on the lab's packets under real agents, each compared with the simulated network."""

from pathlib import Path

import pytest

from tests.servers import need
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.truth import packet_run
from thongsuot_lab.truth.packet_run import run_packets

pytestmark = [pytest.mark.lab, pytest.mark.nightly, needs_lab]


def test_scenarios_are_played_on_packets_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("nft")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(packet_run, "WARM_S", 30.0)
    monkeypatch.setattr(packet_run, "REST_S", 5.0)
    lines: list[str] = []
    comparisons = list(run_packets(1, 2, tmp_path, lines.append, sites=2))
    assert [comparison.scenario.index for comparison in comparisons] == [0, 1]
    assert lines[0].endswith("batches of scenarios; the lab has no means for:")
    for comparison in comparisons:
        named = f"{comparison.scenario.name} "
        assert any(named in line for line in lines), "each is announced before it is played"
        # Citizens went on opening pages throughout: there is something to compare.
        assert {record.site for record in comparison.packets.harm_records} <= {"s1", "s2"}
        assert comparison.is_alike == (not comparison.differences())
