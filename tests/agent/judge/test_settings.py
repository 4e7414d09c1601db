"""Settings: every threshold has its reason, and the reference page says what the code does."""

import re
from pathlib import Path

import msgspec
import pytest

from tests.agent.judge import reference
from thongsuot_agent.judge import hysteresis
from thongsuot_agent.judge.settings import Hysteresis, Settings
from thongsuot_schema.verdict import Symptom

TESTS = Path(__file__).parents[2]


def test_the_tables_of_the_page_follow_from_the_code() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert page == reference.filled(page), "run: python -m tests.agent.judge.reference"


def test_every_setting_is_in_a_table_of_the_page() -> None:
    tables = reference.thresholds() + reference.patiences()
    assert {name for name in reference.settings_named() if f"`{name}`" not in tables} == set()


def test_every_symptom_is_explained_on_the_page() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    # What the collector alone can say is explained there.
    own = set(Symptom) - {Symptom.AGENT_SILENT, Symptom.DEVICE_OFF, Symptom.NONE}
    assert {symptom for symptom in own if f"`{symptom}`" not in page} == set()


def test_every_case_that_the_page_names_is_a_test() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (`.*`) \|$", page, flags=re.MULTILINE)
    principles = re.findall(r"^(\d+)\. \*\*", page, flags=re.MULTILINE)
    assert [number for number, _ in rows] == principles
    tests = "".join(file.read_text(encoding="utf-8") for file in TESTS.rglob("test_*.py"))
    named = re.findall(r"`(\w+)`", " ".join(cases for _, cases in rows))
    assert {name for name in named if f"def test_{name}(" not in tests} == set()


def test_settings_are_read_from_a_table_of_the_configuration() -> None:
    table = {"quorum": 3, "silence": {**msgspec.to_builtins(Settings().silence), "clear_s": 30.0}}
    read = msgspec.convert(table, Settings)
    assert (read.quorum, read.silence.clear_s, read.slow_excess_s) == (3, 30.0, 0.150)


@pytest.mark.parametrize(
    "mistake", [{"quorom": 3}, {"quorum": 0}, {"slow_excess_s": -1.0}, {"silence": {}}]
)
def test_a_mistake_in_the_settings_is_refused(mistake: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(mistake, Settings)


def test_every_patience_belongs_to_the_settings() -> None:
    settings = Settings()
    for name in set(hysteresis._HYSTERESIS.values()):
        assert isinstance(getattr(settings, name), Hysteresis)


BOUNDS = [
    ("quorum", 1, 16),
    ("consecutive_timeouts", 2, 100),
    ("flap_episodes", 2, 100),
    ("learn_runs", 1, 1000),
    ("service_failures", 2, 20),
    ("service_successes", 1, 20),
]


@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_a_count_has_a_least_and_a_most(name: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(msgspec.convert({name: value}, Settings), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({name: value}, Settings)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("confirm_rounds", [1, 1000], [0, 1001]),
        ("clear_rounds", [1, 1000], [0, 1001]),
        ("confirm_s", [0.0], [-0.1]),
        ("clear_s", [0.0], [-0.1]),
        ("every_s", [0.1], [0.0]),
    ],
)
def test_patience_has_bounds(name: str, good: list[float], bad: list[float]) -> None:
    table = msgspec.to_builtins(Settings().silence)
    for value in good:
        msgspec.convert({"silence": table | {name: value}}, Settings)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"silence": table | {name: value}}, Settings)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("loss_degraded_ratio", [0.001, 0.999], [0.0, 1.0]),
        ("stale_s", [0.001], [0.0]),
        ("boot_grace_s", [0.0], [-0.001]),
    ],
)
def test_shares_lie_between_none_and_all_and_times_are_no_less_than_none(
    name: str, good: list[float], bad: list[float]
) -> None:
    for value in good:
        msgspec.convert({name: value}, Settings)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({name: value}, Settings)


def test_an_unknown_key_of_a_patience_is_refused() -> None:
    table = msgspec.to_builtins(Settings().silence)
    with pytest.raises(msgspec.ValidationError, match="clear_rouns"):
        msgspec.convert({"silence": table | {"clear_rouns": 3}}, Settings)
