"""View: an incident within the scope of its reader, with the texts for them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from thongsuot_collector.incidents.answer import Dispute, PartyAnswer
from thongsuot_collector.incidents.incident import Acknowledgement, Incident
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.notify.message import NotificationMessage, PartyContact
from thongsuot_collector.notify.render import document, text
from thongsuot_collector.notify.render.comparison import Comparison, comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import owner_name, party_name
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.scope import QueryScope
from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """
    An incident as seen by a reader: ``audience`` is the party of the ticket.

    A reader without ``sees_all`` sees the statements of the audience, and the answers to it.
    """

    incident: Incident
    audience: ResponsibleParty
    sees_all: bool

    @property
    def is_over(self) -> bool:
        """Whether no part of it belongs to the audience any more."""
        return not self.incident.is_open or self.audience != self.incident.party

    @property
    def over_ns(self) -> int:
        """When that became known."""
        incident = self.incident
        if incident.closed_known_ns is not None and not incident.is_open:
            return incident.closed_known_ns
        turned = [entry.at_ns for entry in incident.history if entry.event == "party"]
        return turned[-1] if turned else incident.known_ns

    @property
    def changed_ns(self) -> int:
        """The time of its last change."""
        moments = [entry.at_ns for entry in self.incident.history]
        return max([self.incident.known_ns, *moments, *(answer.at_ns for answer in self.answers)])

    @property
    def answers(self) -> tuple[PartyAnswer, ...]:
        """The answers of people to it."""
        return tuple(answer for answer in self.incident.answers if self._is_shown(answer.party))

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        """The disputes about it, the earliest first."""
        now = self.incident.dispute
        known = (*self.incident.past_disputes, *(() if now is None else (now,)))
        return tuple(dispute for dispute in known if self._is_shown(dispute.party))

    @property
    def acknowledgement(self) -> Acknowledgement | None:
        """The acknowledgement, if it concerns the audience."""
        return None if self.audience != self.incident.party else self.incident.acknowledgement

    def _is_shown(self, party: ResponsibleParty) -> bool:
        return self.sees_all or party == self.audience


def view_of(incident: Incident, scope: QueryScope) -> IncidentView:
    """Return an incident as seen within a scope."""
    own = ResponsibleParty(Party.CARRIER, scope.carrier)
    return IncidentView(
        incident=incident,
        audience=own if scope.carrier else incident.party,
        sees_all=scope.is_city,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTexts:
    """The other input of bodies: names and links, and texts in a language."""

    city: CityState
    url_of: Callable[[str], str]
    support_hotline: str
    language: Language

    def message(self, view: IncidentView) -> NotificationMessage:
        """Return the message about an incident that would be sent to the audience now."""
        incident = view.incident
        comparison = (
            comparison_of(incident, self.city.registry.network_state)
            if incident.is_open
            else Comparison()
        )
        context = msgspec.structs.replace(
            self.city.context_of(incident),
            audience=view.audience,
            comparison=comparison,
            disputes=view.disputes,
            support_hotline=self.support_hotline,
            page_url=self.url_of(incident.id),
        )
        return _message(context, view, self.language)

    def sayings(self, view: IncidentView) -> list[tuple[int, str, str]]:
        """Return the statements of people about an incident: time, author, and text."""
        sayings = [
            (
                answer.at_ns,
                answer.person,
                ": ".join(
                    filter(None, (text.ANSWERS[answer.kind].read(self.language), answer.text))
                ),
            )
            for answer in view.answers
        ]
        city = party_name(CITY, self.city.directory, self.language)
        ruled = [
            (dispute.ruling.at_ns, city, dispute.ruling.reason)
            for dispute in view.disputes
            if dispute.ruling is not None
        ]
        return sorted(sayings + ruled)

    def owner(self, name: str) -> str:
        """Return the display name of the owner of an incident."""
        return owner_name(name, self.city.directory, self.language)


def _message(
    context: MessageContext, view: IncidentView, language: Language
) -> NotificationMessage:
    incident = view.incident
    rendered = text.render_text(context, language)
    attached = document.document_of(
        incident,
        context.record,
        context.comparison,
        context.directory,
        titles=(text.headline_of(context, "vi"), text.headline_of(context, "en")),
        responsible=party_name(incident.party, context.directory, language),
        page_url=context.page_url,
    )
    return NotificationMessage(
        kind=context.kind,
        key=incident.id,
        thread_id=incident.id,
        audience=view.audience,
        contact=PartyContact(),
        record=context.record,
        incident=incident,
        title=rendered.title,
        body=rendered.body,
        document=attached,
        attachment=b"",
    )
