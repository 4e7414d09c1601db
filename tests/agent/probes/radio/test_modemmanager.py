"""ModemManager over D-Bus."""

import asyncio
from pathlib import Path

import pytest

from tests.agent.probes.radio.bus import modem_manager
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.radio.probe import RadioProbe
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors.modemmanager import technology
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding


def seen(bus: str, **more: str) -> Finding:
    """Return what a reading of the link's modem finds."""

    async def measure() -> Finding:
        settings = Settings(source="modemmanager", bus=bus, timeout_s=60.0, **more)  # type: ignore[arg-type]
        with LinkMonitor((Link(name="mobile", interface="wwan0"),)) as monitor:
            read_modem = RadioProbe(ProbeServices())
            return await read_modem(monitor.links["mobile"], LINK_TARGET, Family.NONE, settings)

    return asyncio.run(measure())


@pytest.mark.servers
def test_a_modem_shows_both_legs_once_it_is_told_to_look(tmp_path: Path) -> None:
    with modem_manager(tmp_path) as bus:
        finding = seen(bus)
        assert finding.values["radio_lte_rsrp_dbm"] == -95
        assert finding.values["radio_lte_sinr_decibels"] == 0.0
        assert finding.values["radio_nr_rsrp_dbm"] == -75
        assert "radio_nr_sinr_decibels" not in finding.values
        assert finding.evidence["rejected"] == "nr_sinr_db:range"
        assert finding.values["radio_technology_number"] == 5
        assert finding.values["radio_nr_band_number"] == 78
        assert finding.values["radio_lte_band_number"] == 3
        assert finding.values["radio_lte_pci_number"] == 205
        assert finding.values["radio_nr_channel_number"] == 640000
        assert finding.values["radio_received_bytes_total"] == 123456789
        assert finding.evidence["lte_cell"].startswith("cell 27447297, tac 19107, pci 205")
        assert "860302050000000" not in str(finding)
        assert seen(bus, modem="7").reason is Reason.NOT_SUPPORTED


def test_a_bus_that_is_not_there_is_no_finding_about_the_modem(tmp_path: Path) -> None:
    finding = seen(f"unix:path={tmp_path / 'nowhere'}")
    assert finding.reason is Reason.NOT_SUPPORTED
    assert finding.values == {}


@pytest.mark.parametrize(
    ("bits", "name"),
    [
        (1 << 14, "lte"),
        (1 << 15, "nr_sa"),
        (3 << 14, "nr_nsa"),
        (1 << 5, "umts"),
        (2, "gsm"),
        (0, ""),
    ],
)
def test_lte_and_nr_together_are_nsa(bits: int, name: str) -> None:
    assert technology(bits) == name
