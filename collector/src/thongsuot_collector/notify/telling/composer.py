"""Composer: from a conversation to the message that a channel is given. Pure."""

from collections.abc import Iterable, Mapping

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.incidents.rule import Rule
from thongsuot_collector.notify.content import document, text
from thongsuot_collector.notify.content.names import party_name
from thongsuot_collector.notify.content.occasion import Occasion
from thongsuot_collector.notify.content.ways import Ways, no_ways
from thongsuot_collector.notify.telling.conversation import Conversation
from thongsuot_collector.notify.telling.links import Links
from thongsuot_collector.notify.telling.message import Message
from thongsuot_collector.notify.telling.routing import way_of
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_schema.page.view import Notification
from thongsuot_schema.words.language import Language


class Composer:
    """Knows what the inventory says, the rules' sentences, and how pages are found."""

    def __init__(
        self,
        directory: Directory,
        rules: Iterable[Rule],
        settings: NotifySettings,
        *,
        languages: Mapping[str, Language],
        links: Links | None = None,
        ways: Ways = no_ways,
        support_hotline: str = "",
    ) -> None:
        self._directory = directory
        self._rules = {rule.code: rule for rule in rules}
        self._settings = settings
        self._languages = languages
        self._ways = ways
        self._links = links or Links(settings.page_url)
        self._support_hotline = support_hotline

    def message(
        self,
        conversation: Conversation,
        route: str,
        kind: Kind,
        *,
        told: tuple[Notification, ...] = (),
        is_test: bool = False,
    ) -> Message:
        """
        Return what a leg of a conversation is to tell now.

        ``told`` is whom the system has told of the same sites.
        """
        leg, event = conversation.leg(route), conversation.wanted
        page_url = "" if is_test else self._links.url(event.incident.id)
        occasion = Occasion(
            kind=kind,
            entry=event.entry,
            incident=event.incident,
            rule=self._rules[event.incident.code],
            audience=conversation.audience,
            comparison=conversation.comparison,
            directory=self._directory,
            told=told,
            support_hotline=self._support_hotline,
            page_url=page_url,
            is_test=is_test,
        )
        words = text.compose(occasion, self._languages.get(leg.channel, "vi"), self._ways)
        made = document.document_of(
            event.incident,
            event.entry,
            conversation.comparison,
            self._directory,
            titles=(text.headline_of(occasion, "vi"), text.headline_of(occasion, "en")),
            responsible=party_name(event.incident.party, self._directory, "vi"),
            page_url=page_url,
            is_test=is_test,
        )
        return Message(
            kind=kind,
            key=f"{event.id}:{conversation.audience}:{route}",
            conversation=leg.name or event.id,
            audience=conversation.audience,
            contact=way_of(conversation.audience, self._directory, self._settings).contact,
            entry=event.entry,
            incident=event.incident,
            title=words.title,
            body=words.body,
            document=made,
            attachment=document.encoded(made),
            address=leg.address,
            reference=leg.reference,
            memo=leg.memo,
            is_test=is_test,
        )
