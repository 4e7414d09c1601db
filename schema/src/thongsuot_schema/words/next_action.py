"""
Next action: who has to act at a site, and the one thing to do now.

A clerk at the counter asks, in this order: is there danger, do we have to do something, what, who
has been notified. The fault itself is shown below.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from thongsuot_schema.batch.push import SiteIncident
from thongsuot_schema.segment import Party
from thongsuot_schema.state import State
from thongsuot_schema.view import PartyNotification, SiteView, SubjectView
from thongsuot_schema.words import counter
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.explanation import explain, is_caused_below, party_of, support_words
from thongsuot_schema.words.headline import DANGEROUS, backup_link, is_cut_off, is_silent
from thongsuot_schema.words.language import Language, Text, capitalised
from thongsuot_schema.words.media import medium_words
from thongsuot_schema.words.reachability import Reach, services_reached, without_past_causes
from thongsuot_schema.words.sentence import Step, StepPicture, joined
from thongsuot_schema.words.states import party_title
from thongsuot_schema.words.titles import subject_title

_TURN: Final[dict[Party, Text]] = {
    Party.COMMUNE: Text("schema.words.turn.commune"),
    Party.CARRIER: Text("schema.words.turn.other"),
    Party.PORTAL: Text("schema.words.turn.other"),
    Party.CITY: Text("schema.words.turn.other"),
}
_NOBODY: Final = Text("schema.words.turn.nobody")
_NOT_KNOWN: Final = Text("schema.words.turn.not_known")
_DANGER: Final = Text("schema.words.turn.danger")
_TOLD: Final = Text("schema.words.turn.told")
_TOLD_REFERENCE: Final = Text("schema.words.turn.told_reference")
_BEING_TOLD: Final = Text("schema.words.turn.being_told")

_BY_STATE: Final = (State.DOWN, State.DEGRADED, State.UNKNOWN)


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """
    The first information that somebody at the point needs.

    ``turn`` is the sentence about who has to act; ``party`` is who must act, ``None`` if nobody
    must (``is_nobodys``) or that is unknown yet. ``is_wide``: other points have the same fault, and
    nobody needs to call. ``subject`` is the light that it is about, ``steps`` what to do about it,
    ``notified`` who has been notified (empty: nobody, as far as this page knows).
    """

    turn: str
    party: Party | None = None
    is_nobodys: bool = False
    is_danger: bool = False
    is_wide: bool = False
    subject: SubjectView | None = None
    steps: tuple[Step, ...] = ()
    notified: str = ""

    @property
    def advice(self) -> str:
        """What to do as running text."""
        return joined(self.steps)


def next_action(view: SiteView, language: Language) -> NextAction:
    """Return who has to act at a site: for the most dangerous fault first, then for the worst."""
    view = without_past_causes(view)
    subject = _foremost(view)
    if is_cut_off(view) and (subject is None or subject.symptom not in DANGEROUS):
        return _reconnect(view, subject, language)
    if subject is None:
        blocked = _unplanned(view, services_reached(view, Reach.BLOCKED))
        if blocked:
            return _try_elsewhere(blocked[0], view, language)
        are_known = any(link.state is not State.UNKNOWN for link in view.links)
        nobodys = _NOBODY if are_known else _NOT_KNOWN
        return NextAction(turn=nobodys.read(language), is_nobodys=are_known)
    explanation = explain(subject, language, now_s=view.now_s, support_hotline=view.support_hotline)
    is_danger = subject.symptom in DANGEROUS
    turn = _DANGER.read(language) if is_danger else _turn(explanation.party, subject, language)
    incident = _incident_of(view, subject)
    is_wide = incident is not None and incident.sites > 1 and not is_danger
    return NextAction(
        turn=turn,
        party=explanation.party,
        is_danger=is_danger,
        is_wide=is_wide,
        subject=subject,
        steps=(Step(text=_wide_advice(incident, subject, language)),)
        if incident and is_wide
        else explanation.steps,
        notified=" ".join(_notified(view, subject, language)),
    )


def _reconnect(view: SiteView, subject: SubjectView | None, language: Language) -> NextAction:
    """Return the action to connect the point's computers to a working line."""
    backup = backup_link(view.links)
    picture: StepPicture | None
    if backup is None:
        turn, picture = _TURN[Party.COMMUNE], StepPicture.RESTART
        advice = Text("schema.words.counter.look_at_lan").read(language)
    else:
        short = medium_words(backup.medium).short
        turn = Text("schema.words.turn.switch", short=short)
        advice = counter.what_to_do(view, backup, language)
        # Only the text about the local procedure is known.
        picture = None if view.backup_instructions else StepPicture.BACKUP
    return NextAction(
        turn=turn.read(language),
        party=Party.COMMUNE,
        subject=subject,
        steps=(Step(text=advice, picture=picture),),
        notified=" ".join(_notified(view, subject, language)) if subject is not None else "",
    )


def _try_elsewhere(service: SubjectView, view: SiteView, language: Language) -> NextAction:
    """Return how to find out why the point's computers do not open what the device reaches."""
    support = support_words(view.support_hotline, language)
    advice = Text("schema.words.counter.try_elsewhere", title=subject_title(service, language))
    return NextAction(
        turn=_NOT_KNOWN.read(language),
        subject=service,
        steps=(Step(text=f"{advice.read(language)} {support}"),),
    )


def _turn(party: Party | None, subject: SubjectView, language: Language) -> str:
    if party is None:
        return _NOT_KNOWN.read(language)
    carrier = subject.carrier if subject.medium else ""
    who = party_title(party, carrier, language)
    return _TURN[party].read(language, Who=capitalised(who))


def _foremost(view: SiteView) -> SubjectView | None:
    """Return the light that requires action first."""
    if is_silent(view):
        return view.links[0]
    lights = [
        light
        for light in _unplanned(view, [*view.links, *view.services])
        if light.state is not State.UP and not is_caused_below(light)
    ]
    # Of two equally bad ones, the one that the point itself can repair comes first.
    return min(
        (light for light in lights if party_of(light) is not None),
        key=lambda light: (
            light.symptom not in DANGEROUS,
            _BY_STATE.index(light.state),
            not light.medium,
            party_of(light) is not Party.COMMUNE,
        ),
        default=None,
    )


def _unplanned(view: SiteView, lights: list[SubjectView]) -> list[SubjectView]:
    """Return the lights that no known planned work names."""
    planned = {name for work in view.maintenance for name in work.about}
    return [light for light in lights if light.name not in planned]


def _incident_of(view: SiteView, subject: SubjectView) -> SiteIncident | None:
    """Return the widest open incident that a light belongs to."""
    return next(
        (
            incident
            for incident in view.incidents
            if not incident.about or subject.name in incident.about
        ),
        None,
    )


def _wide_advice(incident: SiteIncident, subject: SubjectView, language: Language) -> str:
    """Return the extent of the fault: for a carrier the number of its lines, if that is known."""
    if not (incident.total and subject.medium and subject.carrier):
        return Text("schema.words.turn.wide", sites=incident.sites).read(language)
    return Text(
        "schema.words.turn.wide_of_carrier",
        carrier=subject.carrier,
        affected=incident.affected,
        total=incident.total,
        sites=incident.sites,
    ).read(language)


def _answered(view: SiteView, subject: SubjectView, language: Language) -> Iterator[str]:
    """Yield the answers of the notified party."""
    incident = _incident_of(view, subject)
    if incident is None:
        return
    if incident.is_disputed:
        yield Text("schema.words.turn.disputed").read(language)
        return
    if incident.accepted_s is not None:
        when = relative_moment(incident.accepted_s, view.now_s, language)
        yield Text("schema.words.turn.accepted", when=when).read(language)
    if incident.expected_s is not None:
        when = relative_moment(incident.expected_s, view.now_s, language)
        yield Text("schema.words.turn.expected", when=when).read(language)


def _notified(view: SiteView, subject: SubjectView, language: Language) -> list[str]:
    """Return a sentence for each notified party, about its latest notification."""
    latest: dict[str, PartyNotification] = {}
    for notification in view.notifications:
        # The reader belongs to the commune, and knows.
        is_other = notification.party != Party.COMMUNE
        if is_other and notification.about in {subject.name, view.site}:
            latest[notification.party] = notification
    carrier = subject.carrier if subject.medium else ""
    sentences = []
    for notification in latest.values():
        places = {
            "who": party_title(notification.party, carrier, language),
            "when": relative_moment(notification.at_s, view.now_s, language),
        }
        if not notification.is_delivered:
            sentences.append(_BEING_TOLD.read(language, **places))
        elif notification.reference:
            sentences.append(
                _TOLD_REFERENCE.read(language, **places, reference=notification.reference)
            )
        else:
            sentences.append(_TOLD.read(language, **places))
    return [*sentences, *_answered(view, subject, language)]
