"""Settings that every channel has."""

import msgspec
import pytest

from thongsuot_collector.notify.settings import ChannelSettings
from thongsuot_schema.words.translations import REFERENCE, languages


@pytest.mark.parametrize("language", languages())
def test_a_channel_speaks_any_language_that_has_catalogues(language: str) -> None:
    settings = msgspec.convert({"kind": "x", "name": "x", "language": language}, ChannelSettings)
    assert settings.language == language


def test_a_channel_speaks_the_language_of_the_reference_by_itself() -> None:
    assert msgspec.convert({"kind": "x", "name": "x"}, ChannelSettings).language == REFERENCE


def test_a_language_without_catalogues_is_refused_at_start() -> None:
    with pytest.raises(
        msgspec.ValidationError, match=r"Invalid enum value 'xx' - at `\$.language`"
    ):
        msgspec.convert({"kind": "x", "name": "x", "language": "xx"}, ChannelSettings)
