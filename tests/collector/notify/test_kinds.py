"""Every channel has its place: a module, a test that holds it to the contract, a page."""

from pathlib import Path

import pytest

from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.loader import kinds, load

ROOT = Path(__file__).parents[3]
TESTS = Path(__file__).parent / "channels"
PAGES = ROOT / "docs" / "reference" / "channels"


def test_the_known_channels_are_found() -> None:
    assert {"tmf621", "webhook"} <= set(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_a_channel_has_its_page(kind: str) -> None:
    assert (PAGES / f"{kind}.md").read_text("utf-8").startswith(f"# {kind}\n")


def test_each_page_and_each_test_belongs_to_a_channel() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} - {"README"} == set(kinds())
    tests = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")}
    assert tests == set(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_a_channel_is_held_to_the_contract(kind: str) -> None:
    text = (TESTS / f"test_{kind}.py").read_text("utf-8")
    assert "channel_contract import *" in text
    assert isinstance(load(kind), ChannelKind)


def test_a_kind_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(KeyError, match="no channel 'fax'; known: alertmanager, apprise"):
        load("fax")
