"""Composer: turns a thread into the message for a channel. Pure."""

from collections.abc import Iterable, Mapping

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.rule import Rule
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.answer_links import ANSWERING, AnswerLinks
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.dispatch.routing import routes_of
from thongsuot_collector.notify.dispatch.thread import NotificationThread, RouteState
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render import document, text
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.notify.render.paths import PathLookup, no_paths
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.view import PartyNotification
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE


class MessageComposer:
    """Composes messages from the inventory, the rules' sentences and the links of pages."""

    def __init__(
        self,
        directory: InventoryDirectory,
        rules: Iterable[Rule],
        settings: NotifySettings,
        *,
        languages: Mapping[str, Language],
        links: IncidentLinks | None = None,
        paths: PathLookup = no_paths,
        support_hotline: str = "",
    ) -> None:
        self._directory = directory
        self._rules = {rule.code: rule for rule in rules}
        self._settings = settings
        self._languages = languages
        self._paths = paths
        self._links = links or IncidentLinks(settings.page_url)
        self._answer_links = AnswerLinks(self._links)
        self._support_hotline = support_hotline

    def compose(
        self,
        thread: NotificationThread,
        route: str,
        kind: NotificationKind,
        *,
        notified: tuple[PartyNotification, ...] = (),
        is_test: bool = False,
    ) -> NotificationMessage:
        """
        Return the message to be sent now by a route of a thread.

        ``notified`` are the parties notified about the same sites.
        """
        state, event = thread.route_state(route), thread.event
        context = self._context(thread, state, kind, notified, is_test=is_test)
        language = self.language_of(state.channel)
        rendered = text.render_text(context, language, self._paths)
        attached = document.document_of(
            event.incident,
            event.record,
            thread.comparison,
            self._directory,
            titles=(text.headline_of(context, "vi"), text.headline_of(context, "en")),
            responsible=party_name(event.incident.party, self._directory, REFERENCE),
            page_url=context.page_url,
            is_test=is_test,
        )
        attached = document.with_disputes(attached, thread.disputes)
        return NotificationMessage(
            kind=kind,
            key=_key(thread, route),
            thread_id=state.thread_id or event.id,
            audience=thread.audience,
            contact=routes_of(thread.audience, self._directory, self._settings).contact,
            record=event.record,
            incident=event.incident,
            title=rendered.title,
            body=rendered.body,
            document=attached,
            attachment=document.encode_document(attached),
            address=state.address,
            reference=state.reference,
            memo=state.memo,
            is_test=is_test,
        )

    def language_of(self, channel: str) -> Language:
        """Return the language of a channel's messages to people."""
        return self._languages.get(channel, REFERENCE)

    def _context(
        self,
        thread: NotificationThread,
        state: RouteState,
        kind: NotificationKind,
        notified: tuple[PartyNotification, ...],
        *,
        is_test: bool,
    ) -> MessageContext:
        event = thread.event
        return MessageContext(
            kind=kind,
            record=event.record,
            incident=event.incident,
            rule=self._rules[event.incident.code],
            audience=thread.audience,
            comparison=thread.comparison,
            directory=self._directory,
            notified=notified,
            disputes=thread.disputes,
            escalations=thread.escalations,
            is_news=not state.delivered_number or state.delivered_news < thread.news,
            answer_urls=() if is_test else self._answer_urls(thread),
            support_hotline=self._support_hotline,
            page_url="" if is_test else self._links.url(event.incident.id),
            is_test=is_test,
        )

    def _answer_urls(self, thread: NotificationThread) -> tuple[tuple[AnswerKind, str], ...]:
        """Return the answer links for the people of a carrier or a portal's operator."""
        event = thread.event
        if thread.is_ending or thread.audience.party not in ANSWERING:
            return ()
        return self._answer_links.urls(
            event.incident.id,
            thread.audience,
            number=event.record.number,
            issued_ns=event.record.at_ns,
        )


def _key(thread: NotificationThread, route: str) -> str:
    """Return the key of a message: news of a dispute also changes it."""
    key = f"{thread.event.id}:{thread.audience}:{route}"
    return f"{key}:news-{thread.news}" if thread.news else key
