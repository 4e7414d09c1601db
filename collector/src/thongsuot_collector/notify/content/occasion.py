"""Occasion: everything that a text is made from."""

import msgspec

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.ledger import Entry, Kind
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.incidents.rule import Rule
from thongsuot_collector.notify.content.comparison import Comparison
from thongsuot_schema.page.view import Notification


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is told to whom, and what else is known.

    ``kind`` is what it is to the audience, which may have missed the opening. ``told`` is whom the
    system has told of the same sites.
    """

    kind: Kind
    entry: Entry
    incident: Incident
    rule: Rule
    audience: Responsible
    comparison: Comparison
    directory: Directory
    told: tuple[Notification, ...] = ()
    support_hotline: str = ""
    page_url: str = ""
    is_test: bool = False
