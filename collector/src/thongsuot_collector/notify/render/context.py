"""Context: everything that a text is made from."""

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind, Dispute, Escalation
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind, NotificationRecord
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.incidents.rule import Rule
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_schema.view import PartyNotification


class MessageContext(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is told to whom, and what else is known.

    ``kind`` is what it is to the audience, which may have missed the opening. ``notified`` is whom
    the system has told of the same sites, ``disputes`` who says that the incident is not its own,
    ``escalations`` who else was told because nobody accepted it. ``is_news``: the audience has not
    heard of these yet. ``answer_urls`` are where its people answer.
    """

    kind: NotificationKind
    record: NotificationRecord
    incident: Incident
    rule: Rule
    audience: ResponsibleParty
    comparison: Comparison
    directory: InventoryDirectory
    notified: tuple[PartyNotification, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    is_news: bool = False
    answer_urls: tuple[tuple[AnswerKind, str], ...] = ()
    support_hotline: str = ""
    page_url: str = ""
    is_test: bool = False
