"""Recorded devices give the values that stand beside them: by the parser, and by SNMP itself."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import devices
from tests.agent.probing.snmp.recorded import RecordedClient
from tests.agent.probing.snmp.simulator import AUTH, PRIVACY, USER, simulator
from thongsuot_agent.probing.snmp.profile import known_profiles
from thongsuot_agent.probing.snmp.protocol import (
    ComponentReading,
    DeviceAccess,
    Survey,
    SurveyRequest,
)
from thongsuot_agent.probing.snmp.survey import survey_device
from thongsuot_agent.probing.snmp.visit import run_survey

NAMES = devices.named("snmp", ".kpi.json")
UPS: dict[str, dict[str, object]] = {
    "apc_smt750x-nmc2": {"on_battery": "no", "runtime_s": 109762, "charge_percent": 100},
    "apc_smx750": {"on_battery": "no", "runtime_s": 16374, "charge_percent": 100, "input_v": 246},
    "deltaups_rfc1628string": {"on_battery": "no", "runtime_s": 338 * 60, "charge_percent": 29},
    "generex-ups_cs141": {"on_battery": "no", "runtime_s": 544 * 60, "charge_percent": 100},
    "eaton-mgeups_5px": {"on_battery": "no", "charge_percent": 100},
    "huaweiups_ups2000": {"on_battery": "no", "runtime_s": None, "charge_percent": 100},
    "linux_ups-nut": {"on_battery": None, "runtime_s": 2280, "charge_percent": 100},
}
"""What the independent project beside the recordings says of the UPSs, in our units."""


def recorded(name: str) -> Survey:
    """Return the survey of a recording, by the parser alone."""
    devices.need()
    client = RecordedClient.of(devices.FOLDER / "snmp" / f"{name}.snmprec")
    return asyncio.run(
        survey_device(client, SurveyRequest(access=DeviceAccess(host="recorded")), known_profiles())
    )


def wrong(survey: Survey, expected: dict[str, Any]) -> list[str]:
    """Return each value that is not as expected; what is ambiguous is not looked at."""
    read = next((part for part in survey.profiled if part.profile == expected["profile"]), None)
    if read is None:
        return [f"profile {expected['profile']} was not found to fit"]
    faults = []
    for row, figures in expected["modems"].items():
        for name, figure in figures.items():
            # What is of the whole device is in every row.
            groups = (
                read.groups.values() if row == "dev" else [read.groups.get(row, ComponentReading())]
            )
            for group in groups:
                value = group.numbers.get(name, group.texts.get(name))
                if not figure.get("ambiguous") and value != figure["value"]:
                    faults.append(f"{row} {name}: {value!r}, expected {figure['value']!r}")
    return faults


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_gives_the_reading_stored_beside_it(name: str) -> None:
    survey = recorded(name)
    assert wrong(survey, devices.document("snmp", f"{name}.kpi.json")) == []


@pytest.mark.parametrize("name", sorted(UPS))
def test_a_recorded_ups_says_whether_it_runs_on_battery_and_how_long(name: str) -> None:
    groups = [group for part in recorded(name).profiled for group in part.groups.values()]
    for figure, value in UPS[name].items():
        figures_read = {
            group_values.numbers.get(figure, group_values.texts.get(figure))
            for group_values in groups
        }
        assert value in figures_read, f"{figure}: {figures_read}"


def test_a_device_without_figures_is_only_described() -> None:
    survey = recorded("wipipe")
    assert survey.description.startswith("Cradlepoint CBA850")
    assert survey.profiled == ()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of a simulator of all recordings."""
    devices.need()
    with simulator(devices.FOLDER / "snmp", tmp_path_factory.mktemp("snmpsim")) as agent_port:
        yield agent_port


def visited(access: DeviceAccess, interface: str = "") -> Survey:
    """Return the survey of a worker's visit."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.connect((access.host, access.port))
        order = SurveyRequest(access=access, interface=interface)
        return asyncio.run(run_survey(order, opened, timeout_s=300))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_device_gives_the_same_over_snmp(name: str, port: int) -> None:
    survey = visited(
        DeviceAccess(host="127.0.0.1", port=port, community=name, timeout_s=60), interface="wwan0"
    )
    assert survey.failure == ""
    assert wrong(survey, devices.document("snmp", f"{name}.kpi.json")) == []
    path: Path = devices.FOLDER / "snmp" / f"{name}.snmprec"
    order = SurveyRequest(access=DeviceAccess(host="recorded"), interface="wwan0")
    by_file = asyncio.run(survey_device(RecordedClient.of(path), order, known_profiles()))
    assert survey == by_file


@pytest.mark.parametrize("name", NAMES[:2])
def test_version_3_with_privacy_says_the_same(name: str, port: int) -> None:
    survey = visited(
        DeviceAccess(
            host="127.0.0.1",
            port=port,
            version="3",
            user=USER,
            auth="sha",
            auth_key=AUTH,
            privacy="aes",
            privacy_key=PRIVACY,
            context=name,
            timeout_s=60,
        )
    )
    assert wrong(survey, devices.document("snmp", f"{name}.kpi.json")) == []
