"""A profile is data: a new model needs a file and no code."""

from pathlib import Path

import pytest

from thongsuot_agent.probing.equipment import figure
from thongsuot_agent.probing.snmp.profile import (
    FORBIDDEN,
    ProfileInvalid,
    included_profiles,
    known_profiles,
    parse_profile,
)

GOOD = """
title = "A box"
purpose = "radio"
present = ["1.3.6.1.4.1.99999.1"]

[[figures]]
name = "rsrp_dbm"
oid = "1.3.6.1.4.1.99999.1.4"
scale = 0.1
invalid = ["-9999"]
"""


@pytest.mark.parametrize("name", sorted(included_profiles()))
def test_a_profile_that_comes_along_can_be_read_and_asks_for_no_secret(name: str) -> None:
    profile = included_profiles()[name]
    assert profile.title
    for wanted_figure in profile.figures:
        assert not wanted_figure.oid.startswith(FORBIDDEN)
        assert figure.value_kind(wanted_figure.name) in figure.ValueKind


def test_a_profile_is_what_its_file_says() -> None:
    profile = parse_profile("a-box", GOOD)
    assert profile.figures[0].scale == 0.1
    assert not profile.shows_nr
    assert parse_profile("a-box", GOOD.replace("rsrp", "nr_rsrp")).shows_nr


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('title = "A box"', "", "missing required field `title`"),
        ('"radio"', '"telephone"', r"Invalid enum value 'telephone' - at `\$.purpose`"),
        ("scale = 0.1", "scale = 0", r"Expected `float` > 0.0"),
        ('1.4"', '1.4x"', r"figures\[0\].oid"),
        ("scale", "scales", "unknown field `scales`"),
        ('"rsrp_dbm"', '"imsi"', r"figures\[0\] \(imsi\): an identity"),
        ('"rsrp_dbm"', '"RSRP"', "cannot be the name of a figure"),
        ('"rsrp_dbm"', '"operator"', "a scale is for numbers"),
        ("1.3.6.1.4.1.99999.1.4", FORBIDDEN[0] + ".1", "PIN or PUK"),
        ("present", "present =", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place(before: str, after: str, message: str) -> None:
    with pytest.raises(ProfileInvalid, match=message) as wrong:
        parse_profile("a-box", GOOD.replace(before, after, 1))
    assert "profile a-box" in str(wrong.value)


SENSOR = """
title = "A router"
purpose = "optical"
present = ["1.3.6.1.2.1.99.1.1.1.4"]

[[figures]]
name = "optical_rx_dbm"
oid = "1.3.6.1.2.1.99.1.1.1"
sensor = { types = ["watts"], named = 'rx.*power' }
"""


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('["watts"]', '["wats"]', '"wats" is no type of sensor; did you mean "watts"'),
        ('["watts"]', '["celsius"]', "no celsius can be made into it"),
        ('["watts"]', "[]", r"Expected `array` of length >= 1"),
        ("rx.*power", "rx(", "is no regular expression"),
        ("sensor =", "scale = 2.0\nsensor =", "no other key goes with it"),
        ("named", "called", "unknown field `called`"),
    ],
)
def test_a_mistake_in_a_choice_of_sensors_is_named(before: str, after: str, message: str) -> None:
    assert parse_profile("a-router", SENSOR).figures[0].sensor is not None
    with pytest.raises(ProfileInvalid, match=message):
        parse_profile("a-router", SENSOR.replace(before, after, 1))


def test_a_profile_of_the_operators_own_replaces_one_that_comes_along(tmp_path: Path) -> None:
    (tmp_path / "peplink.toml").write_text(GOOD)
    (tmp_path / "a-box.toml").write_text(GOOD)
    profiles = known_profiles(str(tmp_path))
    assert profiles["peplink"].title == profiles["a-box"].title == "A box"
    assert set(profiles) == set(included_profiles()) | {"a-box"}
    with pytest.raises(ProfileInvalid, match="no such folder"):
        known_profiles(str(tmp_path / "nowhere"))
