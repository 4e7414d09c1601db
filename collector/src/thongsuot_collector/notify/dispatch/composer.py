"""Composer: from a conversation to the message that a channel is given. Pure."""

from collections.abc import Iterable, Mapping

from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.incidents.rule import Rule
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.dispatch.routing import routes_of
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.message import NotificationMessage
from thongsuot_collector.notify.render import document, text
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.notify.render.names import party_name
from thongsuot_collector.notify.render.paths import PathLookup, no_paths
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.view import PartyNotification
from thongsuot_schema.words.language import Language


class MessageComposer:
    """Knows what the inventory says, the rules' sentences, and how pages are found."""

    def __init__(
        self,
        directory: InventoryDirectory,
        rules: Iterable[Rule],
        settings: NotifySettings,
        *,
        languages: Mapping[str, Language],
        links: IncidentLinks | None = None,
        ways: PathLookup = no_paths,
        support_hotline: str = "",
    ) -> None:
        self._directory = directory
        self._rules = {rule.code: rule for rule in rules}
        self._settings = settings
        self._languages = languages
        self._ways = ways
        self._links = links or IncidentLinks(settings.page_url)
        self._support_hotline = support_hotline

    def compose(
        self,
        conversation: NotificationThread,
        route: str,
        kind: NotificationKind,
        *,
        told: tuple[PartyNotification, ...] = (),
        is_test: bool = False,
    ) -> NotificationMessage:
        """
        Return what a leg of a conversation is to tell now.

        ``notified`` is whom the system has told of the same sites.
        """
        leg, event = conversation.route_state(route), conversation.event
        page_url = "" if is_test else self._links.url(event.incident.id)
        occasion = MessageContext(
            kind=kind,
            record=event.record,
            incident=event.incident,
            rule=self._rules[event.incident.code],
            audience=conversation.audience,
            comparison=conversation.comparison,
            directory=self._directory,
            notified=told,
            support_hotline=self._support_hotline,
            page_url=page_url,
            is_test=is_test,
        )
        words = text.render_text(occasion, self._languages.get(leg.channel, "vi"), self._ways)
        made = document.document_of(
            event.incident,
            event.record,
            conversation.comparison,
            self._directory,
            titles=(text.headline_of(occasion, "vi"), text.headline_of(occasion, "en")),
            responsible=party_name(event.incident.party, self._directory, "vi"),
            page_url=page_url,
            is_test=is_test,
        )
        return NotificationMessage(
            kind=kind,
            key=f"{event.id}:{conversation.audience}:{route}",
            thread_id=leg.thread_id or event.id,
            audience=conversation.audience,
            contact=routes_of(conversation.audience, self._directory, self._settings).contact,
            record=event.record,
            incident=event.incident,
            title=words.title,
            body=words.body,
            document=made,
            attachment=document.encode_document(made),
            address=leg.address,
            reference=leg.reference,
            memo=leg.memo,
            is_test=is_test,
        )
