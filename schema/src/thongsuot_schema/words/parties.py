"""Words for who must act, and for the ways people are told."""

from typing import Final

from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language, Text

PARTIES: Final[dict[Party, Text]] = {
    Party.COMMUNE: Text("Cán bộ tại điểm", "Staff at the point"),
    Party.CARRIER: Text("Nhà mạng", "The carrier"),
    Party.PORTAL: Text("Đơn vị vận hành dịch vụ", "The operator of the service"),
    Party.CITY: Text("Bộ phận kỹ thuật của Thành phố", "The city's engineers"),
}

CHANNELS: Final[dict[str, Text]] = {
    "email": Text("thư điện tử", "e-mail"),
    "mailto": Text("thư điện tử", "e-mail"),
    "zalo": Text("Zalo", "Zalo"),
    "sms": Text("tin nhắn SMS", "text message"),
    "phone": Text("điện thoại", "telephone"),
    "webhook": Text("tin tự động", "automatic message"),
    "alertmanager": Text("hệ thống cảnh báo", "alerting system"),
    "tmf621": Text("phiếu báo sự cố", "trouble ticket"),
    "tmf642": Text("cảnh báo tự động", "automatic alarm"),
}
"""By the name of the channel; a channel not listed is shown by its own name."""


def party_title(party: str, carrier: str, language: Language) -> str:
    """Return what a party is called; a carrier by its name where it is known."""
    if party not in set(Party):
        return party
    title = PARTIES[Party(party)].read(language)
    if party != Party.CARRIER or not carrier:
        return title
    return f"{title} {carrier}" if language == "vi" else carrier


def channel_title(channel: str, language: Language) -> str:
    """Return what a channel is called."""
    known = CHANNELS.get(channel)
    return known.read(language) if known else channel
