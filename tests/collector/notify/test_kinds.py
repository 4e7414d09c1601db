"""Every channel has its place: a module, a test that holds it to the contract, a docs row."""

import re
from pathlib import Path

import pytest

from thongsuot_collector.notify import ChannelKind, kinds, load

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "channels.md").read_text("utf-8")


def test_there_are_channels_to_hold() -> None:
    assert kinds() == ("alertmanager", "apprise", "tmf621", "tmf642", "webhook")


@pytest.mark.parametrize("kind", kinds())
def test_a_channel_has_its_row_and_its_heading_in_the_docs(kind: str) -> None:
    assert f"| [`{kind}`](#{kind}) |" in PAGE
    assert re.search(rf"^## {kind}$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", kinds())
def test_a_channel_is_held_to_the_contract(kind: str) -> None:
    text = (Path(__file__).parent / f"test_{kind}.py").read_text("utf-8")
    assert "channel_contract import *" in text
    assert isinstance(load(kind), ChannelKind)


def test_a_channel_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="no channel 'fax'; known: alertmanager, apprise"):
        load("fax")
