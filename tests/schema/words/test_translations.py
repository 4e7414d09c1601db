"""Message catalogues: a message by its name, in the reference where a language lacks it."""

import pytest

from thongsuot_schema.words.translations import REFERENCE, languages, translations


@pytest.fixture(autouse=True)
def nothing_is_loaded() -> None:
    """Load catalogues again: what another test loaded is kept in the process."""
    for loaded in (languages, translations):
        loaded.cache_clear()


def test_a_message_is_found_by_its_name_in_each_language() -> None:
    assert languages()[0] == REFERENCE
    assert "en" in languages()
    texts = {
        language: translations("schema", "page", language).gettext("allowance.title")
        for language in languages()
    }
    assert texts[REFERENCE] == "Dung lượng đo trong tháng"
    assert len(set(texts.values())) == len(texts)
    assert all(texts.values())


def test_messages_missing_in_a_language_are_read_in_the_reference() -> None:
    english = translations("schema", "page", "en")
    assert english._fallback is translations("schema", "page", REFERENCE)  # type: ignore[attr-defined]


def test_a_language_or_a_catalogue_that_there_is_none_of_is_an_error() -> None:
    with pytest.raises(LookupError, match="no language 'fr'; there are vi, "):
        translations("schema", "page", "fr")
    with pytest.raises(FileNotFoundError):
        translations("schema", "pages", "en")
