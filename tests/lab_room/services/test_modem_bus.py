"""ModemManager's place on a bus, read by the agent's own probe."""

import asyncio
import time
from pathlib import Path

import pytest
from msgspec import structs

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.radio.probe import RadioProbe
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_lab.services.modem import UNKNOWN_APN
from thongsuot_lab.services.modem_bus import ModemBus, ModemState, bus_socket, is_installed
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family, Finding

SERVING = ModemState(
    is_present=True,
    sim_state="ready",
    registration="home",
    plmn="45291",
    is_connected=True,
    interface="wwan0",
)
WITHIN_S = 120.0
FLAGS = (
    "radio_modem_present",
    "radio_sim_ready",
    "radio_registered",
    "radio_connected",
    "radio_contract_apn",
)


def reading(bus: str, *, named: bool = False) -> Finding:
    """Return what the agent reads of the modem now; ``named``: it knows the contract's APN."""

    async def measure() -> Finding:
        settings = Settings(source="modemmanager", bus=bus, apn=("internet",) if named else ())
        with LinkMonitor((Link(name="mobile", interface="wwan0"),)) as monitor:
            read_modem = RadioProbe(ProbeServices())
            return await read_modem(monitor.links["mobile"], LINK_TARGET, Family.NONE, settings)

    return asyncio.run(measure())


def wait_for(
    bus: str, *expected: float | None, named: bool = False, **evidence: str | None
) -> Finding:
    """Return the first reading with these flags and evidence (None: not there).

    The bus follows one property after another, so all that a case looks at is waited for.
    """
    limit_s = time.monotonic() + WITHIN_S
    while True:
        finding = reading(bus, named=named)
        shown = {name: finding.evidence.get(name) for name in evidence}
        if (finding.outcome, flags(finding), shown) == (Outcome.OK, expected, evidence):
            return finding
        assert time.monotonic() < limit_s, f"{flags(finding)} {finding}"


def flags(finding: Finding) -> tuple[float | None, ...]:
    return tuple(finding.values.get(name) for name in FLAGS)


@pytest.mark.servers
def test_a_modem_is_read_as_it_is_said_to_be_and_its_absence_is_a_measurement(
    tmp_path: Path,
) -> None:
    if not is_installed():
        pytest.skip("dbus-daemon, busctl or python3-dbusmock is not installed")
    bus = f"unix:path={bus_socket(tmp_path, 'modem')}"
    modem = ModemBus(tmp_path, "modem")
    try:
        modem.publish(SERVING)
        modem.wait_until_shown()
        serving = wait_for(bus, 1.0, 1.0, 1.0, 1.0, None, apn="internet")
        assert serving.values["radio_nr_rsrp_dbm"] == -78.0
        assert serving.evidence["network"].startswith("45291")
        lost = structs.replace(SERVING, registration="searching", plmn="", is_connected=False)
        modem.publish(structs.replace(lost, sim_state="locked"))
        wait_for(bus, 1.0, 0.0, 0.0, 0.0, None, sim="locked")
        modem.publish(structs.replace(lost, sim_state="absent"))
        wait_for(bus, 1.0, 0.0, 0.0, 0.0, None, sim="absent")
        modem.publish(structs.replace(lost, is_present=False))
        wait_for(bus, 0.0, None, None, None, None, error="ModemManager knows no modem")
        modem.publish(structs.replace(SERVING, apn="m2m.example"))
        wait_for(bus, 1.0, 1.0, 1.0, 1.0, 0.0, named=True)
        refused = structs.replace(SERVING, is_connected=False, bearer_error=UNKNOWN_APN)
        modem.publish(structs.replace(refused, apn="intrenet"))
        unknown = "MissingOrUnknownApn"
        wait_for(bus, 1.0, 1.0, 1.0, 0.0, 0.0, bearer=unknown, apn="intrenet")
        modem.publish(SERVING)
        wait_for(bus, 1.0, 1.0, 1.0, 1.0, None)
    finally:
        modem.close()
