"""Equipment profiles named in a configuration are usable, or the mistake has its place."""

from pathlib import Path

import pytest

from tests.agent.probing.snmp.test_profile import GOOD
from thongsuot_agent.config.read import parse
from thongsuot_runtime.config_file import ConfigInvalid

CONFIG = """
[site]
name = "ba-dinh"
[collector]
url = "https://collector.example"
token_file = "token"
[[probes]]
kind = "{kind}"
every_s = 60
targets = ["*"]
[probes.settings]
profile_folder = "{folder}"
{more}
"""
SNMP = 'profiles = ["a-box"]'
RADIO = 'source = "snmp"'
LINE = 12


def mistake(folder: Path, kind: str = "snmp", more: str = SNMP) -> tuple[int, str]:
    """Return line and sentence of the one mistake of a configuration; 0 and nothing where none."""
    try:
        parse(CONFIG.format(kind=kind, folder=folder, more=more), file="agent.toml")
    except ConfigInvalid as invalid:
        (mistake_found,) = invalid.mistakes
        return mistake_found.line, mistake_found.message
    return 0, ""


@pytest.mark.parametrize(("kind", "more"), [("snmp", SNMP), ("radio", RADIO)])
def test_a_usable_profile_of_your_own_is_accepted(tmp_path: Path, kind: str, more: str) -> None:
    (tmp_path / "a-box.toml").write_text(GOOD)
    assert mistake(tmp_path, kind, more) == (0, "")


@pytest.mark.parametrize(("kind", "more"), [("snmp", SNMP), ("radio", RADIO)])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, kind: str, more: str) -> None:
    line, message = mistake(tmp_path / "nowhere", kind, more)
    assert line == LINE
    assert message == f"cannot read profiles in {tmp_path}/nowhere: no such folder"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("scale = 0.1", "scales = 0.1", "profile a-box: Object contains unknown field `scales`"),
        ('1.4"', '1.4x"', "figures[0].oid"),
        ('"rsrp_dbm"', '"imsi"', "figures[0] (imsi): an identity"),
        ("present", "present =", "profile a-box is no TOML"),
    ],
)
def test_errors_in_a_profile_are_reported_with_folder_file_and_place(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    (tmp_path / "a-box.toml").write_text(GOOD.replace(before, after, 1))
    line, message = mistake(tmp_path)
    assert line == LINE
    assert message.startswith(f"{tmp_path}: profile a-box")
    assert says in message


def test_a_profile_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a-box.toml").write_bytes(b"\xff\xfe")
    assert "profile a-box cannot be read" in mistake(tmp_path)[1]


def test_a_missing_profile_is_reported_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "a-box.toml").write_text(GOOD)
    line, message = mistake(tmp_path, more='profiles = ["a-box", "a-bux"]')
    assert line == LINE + 1
    assert message.startswith(f'there is no profile "a-bux" in {tmp_path} or among those that come')
    assert 'did you mean "a-box"?' in message


def test_a_modem_that_is_asked_another_way_needs_no_profile(tmp_path: Path) -> None:
    assert mistake(tmp_path / "nowhere", "radio", 'source = "at"') == (0, "")
