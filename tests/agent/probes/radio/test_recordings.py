"""Recorded answers of modems and routers give the values stored beside them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests import devices
from tests.agent.probing.snmp.recorded import RecordedClient
from thongsuot_agent.probes.radio.at import transcript
from thongsuot_agent.probes.radio.reading import ModemReading
from thongsuot_agent.probes.radio.sources.snmp import reading_from
from thongsuot_agent.probes.radio.vendors import huawei, mikrotik, modemmanager, rutos, zte
from thongsuot_agent.probing.snmp.profile import known_profiles
from thongsuot_agent.probing.snmp.protocol import DeviceAccess, SurveyRequest
from thongsuot_agent.probing.snmp.survey import survey_device

OURS = {
    "rat": "technology",
    "earfcn": "arfcn",
    "rx_bytes": "received",
    "tx_bytes": "sent",
    "session_uptime_s": "session_s",
    "modem_temp_c": "temperature_c",
}
"""Names beside the recordings that are called otherwise here."""
NOT_OURS = {
    *("state", "cqi", "tx_power_raw", "bandwidth_code", "scs_code", "enb_id", "neighbours"),
    *("sinr_raw", "plmn_raw", "nr_values_usable"),
}
"""What is said beside them and not read here; ``sinr_raw`` has no unit that could be told."""


def recorded(path: Path) -> ModemReading:
    """Return the reading of a recording."""
    text = path.read_text("utf-8")
    if path.parent.name == "at":
        return transcript.reading_from(text)
    if path.suffix == ".xml":
        return huawei.reading_from({huawei.SIGNAL: huawei.fields(text)})
    document = json.loads(text)
    maker = path.name.partition("_")[0]
    if maker == "huawei":
        pages = {key.replace(".", "/").replace("_", "-"): page for key, page in document.items()}
        return huawei.reading_from({huawei.SIGNAL: document} if "rsrp" in document else pages)
    if maker == "rutos":
        return rutos.reading_from(document)
    if maker == "openwrt":
        return modemmanager.reading_from_ubus(document)
    return mikrotik.reading_from(document) if maker == "mikrotik" else zte.reading_from(document)


def wrong(reading: ModemReading, expected: dict[str, Any]) -> list[str]:
    """Return each value that is not as expected."""
    read_values = msgspec.to_builtins(reading) | {"operator": reading.texts.get("operator")}
    faults = []
    for name, value in expected.items():
        if name in NOT_OURS:
            continue
        if isinstance(value, dict):
            legs = read_values[name] or {}
            pairs = [
                (f"{name} {figure}", value[figure], legs.get(OURS.get(figure, figure)))
                for figure in value
            ]
            pairs = [pair for pair in pairs if pair[0].rpartition(" ")[2] not in NOT_OURS]
        elif name in {"tac", "cell_id", "rssi_dbm"}:
            serving = reading.serving
            pairs = [(name, value, None if serving is None else getattr(serving, name))]
        else:
            got = read_values[OURS.get(name, name)]
            pairs = [(name, value, got["value"] if isinstance(got, dict) else got)]
        faults += [
            f"{figure}: {got!r}, expected {want!r}" for figure, want, got in pairs if got != want
        ]
    return faults


@pytest.mark.parametrize(
    "name",
    [f"at/{n}" for n in devices.named("at", ".expected.json")]
    + [f"http/{n}" for n in devices.named("http", ".expected.json")],
)
def test_a_recorded_answer_is_read_as_the_reading_stored_beside_it(name: str) -> None:
    devices.need()
    folder, _, stem = name.partition("/")
    path = next(
        recording
        for recording in (devices.FOLDER / folder).glob(f"{stem}.*")
        if not recording.name.endswith(".expected.json")
    )
    expected = devices.document(folder, f"{stem}.expected.json")["expected"]
    assert wrong(recorded(path), expected) == []


def by_snmp(name: str, modem: str = "") -> ModemReading:
    """Return the reading of a router that was recorded by SNMP."""
    devices.need()
    client = RecordedClient.of(devices.FOLDER / "snmp" / f"{name}.snmprec")
    order = SurveyRequest(access=DeviceAccess(host="recorded"), purposes=("radio",))
    return reading_from(asyncio.run(survey_device(client, order, known_profiles())), modem)


def test_a_router_on_5g_nsa_shows_the_lte_anchor_and_reports_that_it_shows_nothing_else() -> None:
    reading = by_snmp("rutos-rutx_trb500")
    assert reading.technology == "nr_nsa"
    assert reading.lte is not None
    assert (reading.lte.rsrp_dbm, reading.lte.sinr_db, reading.lte.cell_id) == (-86, -5, 11121489)
    assert reading.nr is None
    assert not reading.shows_nr
    assert (reading.plmn, reading.sim, reading.registration) == ("24491", "ready", "home")


def test_a_modem_without_a_signal_is_passed_over_for_one_with() -> None:
    reading = by_snmp("teldat_rs123w-4g")
    assert reading.lte is not None
    assert reading.lte.rsrp_dbm == -85
    idle = by_snmp("teldat_rs123w-4g", "3")
    assert idle.lte is None


def test_0_db_stays_0_db() -> None:
    reading = by_snmp("pepwave", "2")
    assert reading.lte is not None
    assert (reading.lte.rsrp_dbm, reading.lte.sinr_db) == (-113, 0)


def test_a_modem_that_roams_reports_that() -> None:
    assert by_snmp("rutos-rutx_rut955").roaming is True
    assert by_snmp("ios_ir809").roaming is True
    assert by_snmp("rutos-rutx_trb500").roaming is False
