"""
A device with one odd object: never an exception, and no value that the device did not give.

One object at a time is taken away, is of another type, or says nothing: what is read of the rest
stays as it is, and what is missing is missing.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import devices
from tests.agent.noise import TEXTS
from tests.agent.probing.snmp.recorded import RecordedClient
from thongsuot_agent.probes.radio import findings as radio
from thongsuot_agent.probes.radio.modem_history import ModemHistory
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_agent.probes.radio.sources.snmp import reading_from
from thongsuot_agent.probes.snmp import findings
from thongsuot_agent.probing.snmp.counters import DeviceCounters
from thongsuot_agent.probing.snmp.profile import known_profiles
from thongsuot_agent.probing.snmp.protocol import DeviceAccess, SurveyRequest
from thongsuot_agent.probing.snmp.survey import survey_device

OWN = sorted(Path(__file__).with_name("devices").glob("*.snmprec"))
NAMES = devices.named("snmp", ".kpi.json")

SYSTEM = "1.3.6.1.2.1.1."
IF_MIB = (b"1.3.6.1.2.1.2.", b"1.3.6.1.2.1.31.")
SPARE = {"rsrp_dbm", "rsrp1_dbm"}
"""The power at the second antenna counts where the first says nothing."""

COUNTS = ("_total", "_channel_number")
"""May be any number that its type can hold."""

PLAUSIBLE = {("radio_contract_network", f"'{noise}'") for noise in ("65535", "32767")}
"""Noise that happens to be a value: five digits are the code of a network."""

FOLLOWS = {
    *("radio_values_rejected", "snmp_values_rejected"),  # counts the odd one
    *("radio_technology_number", "radio_nr_reporting_supported", "radio_registered"),
    *("radio_roaming", "snmp_optical_loss_of_signal", "snmp_device_uptime_seconds"),
}
"""Made of several objects: without one of them they may say something else, and say it rightly."""


def values_of(text: bytes, interface: str, modem: str) -> dict[str, float]:
    """Return all that is read of a device: the equipment, and the modem where there is one."""
    order = SurveyRequest(access=DeviceAccess(host="recorded"), interface=interface)
    survey = asyncio.run(survey_device(RecordedClient(text), order, known_profiles()))
    meter = DeviceCounters()
    meter.add_survey(survey, 100.0, None)
    values = {m.name: v for m, v in findings.values_of(survey, meter, down=None, up=None).items()}
    track = ModemHistory()
    try:
        # Of the same modem each time: which of several is taken depends on their signals.
        reading = reading_from(survey, modem)
    except ModemUnreadable:
        return values
    track.add_reading(reading, 100.0)
    return values | {m.name: v for m, v in radio.values_of(reading, track, ("45204",)).items()}


def odd_ones(text: bytes, most: int, doubled: tuple[bytes, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield recordings with one object changed, and what was done; about so many objects."""
    lines = text.splitlines()
    left_out = (SYSTEM.encode(), *doubled)
    tried = [at for at, line in enumerate(lines) if not line.startswith(left_out)]
    for at in tried[:: max(1, len(tried) // most)]:
        oid, _, _ = lines[at].partition(b"|")
        others = lines[:at], lines[at + 1 :]
        yield f"{oid.decode()} gone", b"\n".join((*others[0], *others[1]))
        for noise in TEXTS:
            odd_line = oid + b"|4x|" + noise.encode().hex().encode()
            yield f"{oid.decode()} = {noise[:12]!r}", b"\n".join((*others[0], odd_line, *others[1]))
        for tag, number in ((b"2", b"-32768"), (b"65", b"4294967295"), (b"70", b"%d" % 2**63)):
            odd_line = oid + b"|" + tag + b"|" + number
            change = f"{oid.decode()} = {number.decode()} of type {tag.decode()}"
            yield change, b"\n".join((*others[0], odd_line, *others[1]))


def invented(text: bytes, interface: str, most: int) -> list[str]:
    """Return what was read of odd devices and is not of the device."""
    order = SurveyRequest(access=DeviceAccess(host="recorded"))
    profiled = asyncio.run(survey_device(RecordedClient(text), order, known_profiles())).profiled
    modem = next(
        (row for profile in profiled if profile.purpose == "radio" for row in profile.groups), ""
    )
    figures = [
        figure for profile in profiled for figure in known_profiles()[profile.profile].figures
    ]
    names = Counter(figure.name for figure in figures)
    # Of two objects for one figure the second counts where the first says nothing.
    doubled = tuple(
        figure.oid.encode() for figure in figures if names[figure.name] > 1 or figure.name in SPARE
    )
    whole = values_of(text, interface, modem)
    faults = []
    for change, odd in odd_ones(text, most, doubled):
        for name, value in values_of(odd, interface, modem).items():
            if name in FOLLOWS or name.endswith(COUNTS) or (name, change[-7:]) in PLAUSIBLE:
                continue
            if whole.get(name) != value:
                faults.append(f"{change}: {name} {value}, was {whole.get(name)}")
    return faults


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_an_altered_object_removes_its_own_figure_and_invents_none(path: Path) -> None:
    assert invented(path.read_bytes(), "sfp1", most=40) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_altered_object_of_a_recorded_device_invents_no_figure(name: str) -> None:
    devices.need()
    path = devices.FOLDER / "snmp" / f"{name}.snmprec"
    profiled = asyncio.run(
        survey_device(
            RecordedClient.of(path),
            SurveyRequest(access=DeviceAccess(host="recorded")),
            known_profiles(),
        )
    ).profiled
    bases = tuple(
        f"{figure.oid}".encode()
        for profile in profiled
        for figure in known_profiles()[profile.profile].figures
    )
    kept = [
        line
        for line in path.read_bytes().splitlines()
        if line.startswith((*bases, SYSTEM.encode()))
    ]
    assert invented(b"\n".join(kept), "", most=12) == []


def test_reassigned_numbers_and_reset_counters_change_no_figure_of_the_interface() -> None:
    text = next(path for path in OWN if path.stem == "dark-fibre").read_bytes()
    dealt = b"\n".join(
        line.replace(b".7|", b".9|", 1) if line.startswith(IF_MIB) else line
        for line in text.splitlines()
    )
    assert values_of(dealt, "sfp1", "") == values_of(text, "sfp1", "")
    order = SurveyRequest(access=DeviceAccess(host="recorded"), interface="sfp1")
    meter = DeviceCounters()
    for read_s, recorded in ((100.0, text), (160.0, text.replace(b"|70|12884901888000", b"|70|5"))):
        meter.add_survey(
            asyncio.run(survey_device(RecordedClient(recorded), order, known_profiles())),
            read_s,
            None,
        )
    assert (meter.sums["received_bytes"].total, meter.resets) == (12_884_901_888_005, 1)
