"""Wording: the texts about an incident, in a reader's language and for the reader's party."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.rule import Rule, RuleSentences
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.explanation import explain
from thongsuot_schema.words.language import Language, Text, join_list
from thongsuot_schema.words.titles import title_in

COMMUNES_NAMED = 5
"""More than these are counted: a message stays readable on a phone."""

_SINCE = Text("collector.incidents.since")
_DIRECTIONS = {
    "foreign": Text("collector.incidents.directions.foreign"),
    "domestic": Text("collector.incidents.directions.domestic"),
}


class IncidentWording(msgspec.Struct, frozen=True, kw_only=True):
    """``headline`` fits in a subject line; ``situation`` and ``advice`` are whole sentences."""

    headline: str
    situation: str
    do: str


def describe(
    incident: Incident,
    rule: Rule,
    directory: InventoryDirectory,
    language: Language,
    *,
    now_s: float | None = None,
) -> IncidentWording:
    """
    Describe an incident and what to do.

    With ``now_s`` (Unix seconds) times of today are shown without their date.
    """
    subject = incident.members[0].subject
    now = explain(_light(incident, subject, directory), language, now_s=now_s)
    titled = _as_titled(incident)
    then = explain(_light(titled, subject, directory), language, now_s=now_s)
    if rule.sentences is None:
        return IncidentWording(headline=then.headline, situation=now.situation, do=now.advice)
    carrier = directory.carrier(incident.party.name)
    direction = _DIRECTIONS.get(incident.key.rpartition(" ")[2])
    since = relative_moment(incident.opened_ns / NS_PER_S, now_s, language)
    affected = len(incident.affected)
    places = {
        "carrier": (carrier.title or carrier.name) if carrier else incident.party.name,
        "service": _service_title(subject.service, directory, language),
        "site": directory.site(subject.site).title or subject.site,
        "n": str(incident.open_members or affected),
        "m": str(incident.total or affected),
        "area": area(incident.communes, directory, language),
        "since": f" {_SINCE.read(language, moment=since)}",
        "direction": "" if direction is None else direction.read(language),
        "symptom": now.headline,
        **_reach(incident, directory, language),
    }
    title = dict(places)
    if incident.headline is not None:
        title |= {
            "n": str(incident.headline.affected),
            "m": str(incident.headline.total),
            "symptom": then.headline,
        }
    sentences = _sentences_of(incident, rule.sentences)
    return IncidentWording(
        headline=_sentences_of(titled, rule.sentences).headline.read(language, **title),
        situation=sentences.situation.read(language, **places),
        do=sentences.do.read(language, **places),
    )


def _reach(incident: Incident, directory: InventoryDirectory, language: Language) -> dict[str, str]:
    """Return who reaches a service and who does not, for the sentences with these counts."""
    if incident.reach is None:
        return {}
    return {
        "failing": _carrier_titles(incident.reach.failing, directory, language),
        "reaching": _carrier_titles(incident.reach.reaching, directory, language),
        "k": str(incident.reach.reaching_sites),
    }


def _carrier_titles(names: Iterable[str], directory: InventoryDirectory, language: Language) -> str:
    carriers = {name: directory.carrier(name) for name in names}
    titles = [(carrier.title if carrier else "") or name for name, carrier in carriers.items()]
    return join_list(titles, language)


def _as_titled(incident: Incident) -> Incident:
    """Return an incident in the state of its title: that at the notification of its party."""
    headline = incident.headline
    if headline is None:
        return incident
    return msgspec.structs.replace(
        incident,
        state=headline.state,
        segment=headline.segment,
        symptom=headline.symptom,
        variant=headline.variant,
    )


def _sentences_of(incident: Incident, sentences: RuleSentences) -> RuleSentences:
    return sentences.variants.get(incident.variant, sentences)


def headline_at(
    incident: Incident,
    state: State,
    symptom: Symptom,
    directory: InventoryDirectory,
    language: Language,
) -> str:
    """Summarise what was wrong with the subject of an incident at some time during it."""
    light = _light(incident, incident.members[0].subject, directory)
    then = msgspec.structs.replace(light, state=state, symptom=symptom)
    return explain(then, language).headline


def area(communes: tuple[str, ...], directory: InventoryDirectory, language: Language) -> str:
    """Return communes as a list in running text; of many, the first and the number of the rest."""
    names = [name for code in communes if (name := directory.commune_name(code))]
    more = len(names) - COMMUNES_NAMED
    if more > 0:
        names = names[:COMMUNES_NAMED]
        names.append(Text("collector.incidents.more_communes", more=more).read(language))
    return join_list(names, language)


def _light(incident: Incident, subject: Subject, directory: InventoryDirectory) -> SubjectView:
    shown = next(item for item in incident.member_evidence if item.subject == subject)
    link = directory.link(subject.site, subject.link)
    target = directory.target(subject.service) if subject.service else None
    carrier = directory.carrier(link.carrier) if link is not None else None
    name = "" if link is None else link.carrier
    return SubjectView(
        name=subject.link or subject.service or subject.site,
        title_vi=target.title_vi if target else "",
        title_en=target.title_en if target else "",
        state=incident.state,
        segment=incident.segment,
        symptom=incident.symptom if incident.symptom is not Symptom.NONE else shown.symptom,
        since_s=incident.opened_ns / NS_PER_S,
        medium=link.medium.value if link is not None else "",
        carrier=(carrier.title or carrier.name) if carrier else name,
        carrier_hotline=carrier.hotline if carrier else "",
        circuit=link.circuit if link is not None else "",
        evidence=shown.evidence,
    )


def _service_title(name: str, directory: InventoryDirectory, language: Language) -> str:
    target = directory.target(name)
    if target is None:
        return name
    return title_in(language, target.title_vi, target.title_en) or name
