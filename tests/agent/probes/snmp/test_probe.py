import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from tests.agent.probing.snmp.simulator import AUTH, PRIVACY, USER, simulator
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.snmp.probe import Settings, SnmpProbe
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_schema.inventory.model import Link, Role, Target
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

DEVICES = Path(__file__).parents[2] / "probing" / "snmp" / "devices"
BOX = Target(name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=("127.0.0.1",))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of a simulator of our own small devices."""
    with simulator(DEVICES, tmp_path_factory.mktemp("snmpsim")) as agent_port:
        yield agent_port


def secret(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def visited(settings: Mapping[str, object], times: int = 1) -> Finding:
    """Return what the last of some runs finds at the box."""

    async def measure() -> Finding:
        spec = Link(
            name="fixed",
            interface="lo",
            contract_down_bits_per_second=100_000_000,
            contract_up_bits_per_second=50_000_000,
        )
        chosen = msgspec.convert(
            {"bound_to_link": False, "answer_s": 60.0, "timeout_s": 300.0, **settings}, Settings
        )
        with LinkMonitor((spec,)) as monitor:
            visit = SnmpProbe(ProbeServices())
            findings = [
                await visit(monitor.links["fixed"], BOX, Family.IP4, chosen) for _ in range(times)
            ]
        return findings[-1]

    return asyncio.run(measure())


def test_a_ups_on_battery_reports_that_and_how_long_it_lasts(port: int, tmp_path: Path) -> None:
    file = secret(tmp_path, "community", "ups-on-battery")
    finding = visited({"port": port, "community_file": file})
    assert finding.outcome is Outcome.OK
    assert finding.values["snmp_power_on_battery"] == 1.0
    assert finding.values["snmp_power_runtime_seconds"] == 14 * 60
    assert finding.values["snmp_power_charge_ratio"] == 0.61
    assert finding.values["snmp_power_input_volts"] == 0.0
    assert finding.values["snmp_device_uptime_seconds"] == 360_000
    assert finding.evidence["model"] == "Model 1"


def test_a_dark_fibre_is_reported_and_its_interface_is_found_by_name(
    port: int, tmp_path: Path
) -> None:
    file = secret(tmp_path, "community", "dark-fibre")
    finding = visited({"port": port, "community_file": file, "interface": "sfp1"}, times=2)
    assert finding.values["snmp_optical_loss_of_signal"] == 1.0
    assert finding.values["snmp_optical_receive_dbm"] == -40.0
    assert finding.values["snmp_optical_send_dbm"] == 2.35
    assert finding.values["snmp_interface_up"] == 0.0
    assert finding.values["snmp_interface_received_bytes_total"] == 12_884_901_888_000
    assert finding.values["snmp_interface_receive_errors_packets_total"] == 9
    assert finding.values["snmp_interface_receive_discards_packets_total"] == 3
    assert finding.values["snmp_interface_receive_utilisation_ratio"] == 0.0
    assert finding.evidence["interface"] == "sfp1 (ifIndex 7)"
    assert "123456789012345" not in json.dumps(finding.evidence)


def test_an_interface_that_is_not_there_is_named_with_those_that_are(
    port: int, tmp_path: Path
) -> None:
    file = secret(tmp_path, "community", "dark-fibre")
    finding = visited({"port": port, "community_file": file, "interface": "wan"})
    assert finding.outcome is Outcome.OK
    assert finding.evidence["interface"] == "no interface wan; there are ether1, sfp1"
    assert not [name for name in finding.values if name.startswith("snmp_interface")]


def test_a_device_that_answers_and_fits_no_profile_reports_that(port: int, tmp_path: Path) -> None:
    file = secret(tmp_path, "community", "unknown-ups")
    finding = visited({"port": port, "community_file": file})
    assert (finding.outcome, finding.reason) == (Outcome.UNMEASURED, Reason.NOT_SUPPORTED)
    assert "no profile fits it (sysObjectID 1.3.6.1.4.1.99999.7)" in finding.detail
    assert "snmp walk-profile" in finding.detail
    assert finding.evidence["profiles"] == "none fits"
    # Of one that is watched for its interface alone that is known, and the rest is said.
    watched = visited({"port": port, "community_file": file, "interface": "eth0"})
    assert watched.outcome is Outcome.OK
    assert watched.values["snmp_interface_up"] == 1.0
    assert watched.evidence["profiles"] == "none fits"


def test_the_light_of_an_sfp_is_read_from_the_sensors_of_its_port(
    port: int, tmp_path: Path
) -> None:
    file = secret(tmp_path, "community", "three-sfps")
    settings: dict[str, object] = {"port": port, "community_file": file}
    lit = visited({**settings, "interface": "Ethernet2"})
    assert lit.values["snmp_optical_receive_dbm"] == pytest.approx(-2.67, abs=0.01)
    assert lit.values["snmp_optical_send_dbm"] == pytest.approx(-1.82, abs=0.01)
    assert lit.values["snmp_optical_bias_amperes"] == pytest.approx(0.00847, abs=1e-5)
    assert lit.values["snmp_optical_temperature_celsius"] == 26.0
    assert lit.values["snmp_optical_loss_of_signal"] == 0.0
    dark = visited({**settings, "interface": "Ethernet1"})
    assert dark.values["snmp_optical_receive_dbm"] == -40.0
    assert dark.values["snmp_optical_loss_of_signal"] == 1.0
    empty = visited({**settings, "interface": "Ethernet3"})
    assert "snmp_optical_receive_dbm" not in empty.values
    assert "optical_rx_dbm:sentinel" in empty.evidence["rejected"]


def test_none_of_several_modules_is_taken_for_that_of_the_line(port: int, tmp_path: Path) -> None:
    file = secret(tmp_path, "community", "three-sfps")
    finding = visited({"port": port, "community_file": file})
    assert finding.values == {}
    assert "2 modules have light" in finding.evidence["optical"]
    assert "entity-sensor" in finding.detail


def test_a_maker_with_a_table_of_its_own_gives_dbm_and_names_the_interface_by_its_number(
    port: int, tmp_path: Path
) -> None:
    file = secret(tmp_path, "community", "own-sensors")
    finding = visited({"port": port, "community_file": file, "interface": "Te0/0/1"})
    assert finding.values["snmp_optical_receive_dbm"] == -27.3
    assert finding.values["snmp_optical_send_dbm"] == 2.1
    assert "snmp_optical_bias_amperes" not in finding.values


def test_version_3_with_secrets_from_credentials(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(tmp_path, "snmp-auth", AUTH)
    secret(tmp_path, "snmp-privacy", PRIVACY)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings: dict[str, object] = {
        "port": port,
        "version": "3",
        "user": USER,
        "auth": "sha",
        "auth_file": "snmp-auth",
        "privacy_file": "snmp-privacy",
        "context": "ups-on-battery",
    }
    assert visited(settings).values["snmp_power_on_battery"] == 1.0
    refused = visited({**settings, "user": "nobody"})
    assert refused.reason is Reason.PERMISSION_DENIED
    assert refused.values == {}


def test_no_secret_is_in_a_finding_or_in_the_log(
    port: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file = secret(tmp_path, "community", "no-such-community")
    finding = visited({"port": port, "community_file": file, "answer_s": 0.2, "retries": 0})
    assert finding.reason is Reason.TIMED_OUT
    assert "no-such-community" not in f"{finding}{caplog.text}"


def test_a_secret_that_anybody_may_read_is_not_used(port: int, tmp_path: Path) -> None:
    file = secret(tmp_path, "community", "ups-on-battery")
    Path(file).chmod(0o644)
    finding = visited({"port": port, "community_file": file})
    assert finding.reason is Reason.PERMISSION_DENIED
    assert "community may be used by anybody" in finding.detail


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"version": "1"}, 'version "1" is not "2c" or "3"'),
        ({"version": "3"}, "version 3 needs a user"),
        ({"auth": "sha3"}, 'auth "sha3" is not one of md5'),
        ({"privacy": "rot13"}, 'privacy "rot13" is not one of des'),
    ],
)
def test_contradictions_are_refused_where_they_are_read(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(settings, Settings)


def test_a_new_model_needs_a_file_and_no_code(port: int, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "invented.toml").write_text(
        'title = "Invented"\npurpose = "system"\npresent = ["1.3.6.1.4.1.30140.4"]\n'
        '[[figures]]\nname = "temp_c"\noid = "1.3.6.1.4.1.30140.4.41.0"\nis_scalar = true\n'
    )
    file = secret(tmp_path, "community", "two-legs")
    finding = visited({"port": port, "community_file": file, "profile_folder": str(folder)})
    assert finding.values["snmp_device_temperature_celsius"] == 9.0
    assert finding.evidence["profiles"] == "invented"
