"""The name of a light: as a title, and in running text."""

from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.media import line_phrase, line_title


def title_in(language: Language, title_vi: str, title_en: str) -> str:
    """
    Return the inventory's title for a language; empty if it is missing.

    The inventory has two titles; a language without one gets the Vietnamese one.
    """
    return {"vi": title_vi, "en": title_en}.get(language, title_vi or title_en)


def subject_title(light: SubjectView, language: Language) -> str:
    """Return the title of a link or a service; from medium and carrier if it has none."""
    own = title_in(language, light.title_vi, light.title_en)
    if own:
        return own
    if light.medium:
        return line_title(light.medium, light.carrier, language)
    return light.title_vi or light.title_en or light.name


def target_titles(view: SiteView, language: Language) -> dict[str, str]:
    """Return the titles of a page's targets, by their names."""
    titles = {
        target.name: title_in(language, target.title_vi, target.title_en) for target in view.targets
    }
    titles |= {service.name: subject_title(service, language) for service in view.services}
    return {name: title for name, title in titles.items() if title}


def subject_phrase(light: SubjectView, language: Language) -> str:
    """Return the name of a light in the middle of a sentence."""
    if light.medium:
        return line_phrase(light.medium, light.carrier, language)
    return subject_title(light, language)


def link_phrases(links: tuple[SubjectView, ...], language: Language) -> list[str]:
    """
    Return the names of links in one sentence, one for each, no longer than needed to distinguish
    them.

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
