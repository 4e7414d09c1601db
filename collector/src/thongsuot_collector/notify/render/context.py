"""Context: the input of all texts."""

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
    The notification, its audience, and the rest of the input.

    ``kind`` is its kind for the audience, which may have missed the opening. ``notified`` are the
    parties notified about the same sites, ``disputes`` those of parties that deny responsibility,
    ``escalations`` the steps taken because nobody accepted the incident. ``is_news``: these are new
    to the audience. ``answer_urls`` are the answer links of its people.
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
