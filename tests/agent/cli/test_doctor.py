"""``doctor``: findings as text for a person, as JSON for a program, and an exit code."""

from pathlib import Path

import msgspec
import pytest

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.doctor import examine_host, report
from thongsuot_agent.doctor.checks import examine, has_fault
from thongsuot_agent.doctor.finding import FindingSeverity, HostFinding
from thongsuot_agent.doctor.host import read_host

NO_CONFIG = "/nonexistent/agent.toml"


def test_findings_are_reported_with_advice_in_lines_of_a_hundred() -> None:
    long = HostFinding(
        check="packet_size",
        severity=FindingSeverity.FAULT,
        text="Packets over 1400 bytes are lost. " * 8,
        link="mobile (wwan0)",
        remedy="Lower the MTU of the interface: ip link set dev wwan0 mtu 1400. " * 3,
    )
    clock = HostFinding(check="clock", severity=FindingSeverity.FAULT, text="The clock is not set.")
    lines = report(read_host(()), (long, clock)).splitlines()
    assert lines[0].startswith("fault   mobile (wwan0): Packets over 1400 bytes")
    assert all(len(line) <= 100 for line in lines)
    assert any(line.startswith("        do: Lower the MTU") for line in lines)
    assert "fault   device: The clock is not set." in lines


def test_doctor_gives_the_same_findings_as_text_and_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = examine_host(NO_CONFIG, is_json=True)
    findings = msgspec.json.decode(capsys.readouterr().out, type=tuple[HostFinding, ...])
    assert code == has_fault(findings)
    assert examine_host(NO_CONFIG, is_json=False) == code
    text = capsys.readouterr().out
    assert [f.severity for f in findings] == [f.severity for f in examine(read_host(()))]
    assert all(f"{finding.severity:<8}" in text for finding in findings)


def test_a_mistake_in_the_settings_is_named_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('[sit]\nname = "a"\n', encoding="utf-8")
    assert examine_host(str(file), is_json=False) == WRONG
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file}:1: " in captured.err
