"""What a light is called: as a title, and in running text."""

from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.language import Language, capitalised
from thongsuot_schema.words.media import line_phrase


def subject_title(light: SubjectView, language: Language) -> str:
    """Return the title of a link or a service; from medium and carrier where none was given."""
    own, other = light.title_vi, light.title_en
    if language == "en":
        own, other = other, own
    if own:
        return own
    if light.medium:
        phrase = line_phrase(light.medium, light.carrier, language)
        return capitalised(phrase.removeprefix("the "))
    return other or light.name


def subject_phrase(light: SubjectView, language: Language) -> str:
    """Return what a light is called in the middle of a sentence."""
    if light.medium:
        return line_phrase(light.medium, light.carrier, language)
    return subject_title(light, language)


def link_phrases(links: tuple[SubjectView, ...], language: Language) -> list[str]:
    """
    Return what links are called in one sentence, one for each: no longer than tells them apart.

    "đường cáp quang", or "đường cáp quang VNPT" where there are two, or with the link's name as
    well.
    """
    short = [line_phrase(link.medium, "", language) for link in links]
    named = [line_phrase(link.medium, link.carrier, language) for link in links]
    phrases = []
    for at, link in enumerate(links):
        if short.count(short[at]) == 1:
            phrases.append(short[at])
        elif named.count(named[at]) == 1:
            phrases.append(named[at])
        else:
            phrases.append(f"{named[at]} ({link.name})")
    return phrases
