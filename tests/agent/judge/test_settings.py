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


def test_every_setting_stands_in_a_table_of_the_page() -> None:
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
