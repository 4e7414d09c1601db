"""Words for who must act, and for the ways people are told."""

from typing import Final

from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language, Text

PARTIES: Final[dict[Party, Text]] = {
    Party.COMMUNE: Text("schema.words.parties.commune"),
    Party.CARRIER: Text("schema.words.parties.carrier"),
    Party.PORTAL: Text("schema.words.parties.portal"),
    Party.CITY: Text("schema.words.parties.city"),
}

_CARRIER_NAMED: Final = Text("schema.words.parties.carrier_named")

CHANNELS: Final[dict[str, Text]] = {
    "email": Text("schema.words.channels.email"),
    "mailto": Text("schema.words.channels.mailto"),
    "zalo": Text("schema.words.channels.zalo"),
    "sms": Text("schema.words.channels.sms"),
    "phone": Text("schema.words.channels.phone"),
    "webhook": Text("schema.words.channels.webhook"),
    "alertmanager": Text("schema.words.channels.alertmanager"),
    "tmf621": Text("schema.words.channels.tmf621"),
    "tmf642": Text("schema.words.channels.tmf642"),
}
"""By the name of the channel; a channel not listed is shown by its own name."""


def party_title(party: str, carrier: str, language: Language) -> str:
    """Return what a party is called; a carrier by its name where it is known."""
    if party not in set(Party):
        return party
    if party == Party.CARRIER and carrier:
        return _CARRIER_NAMED.read(language, carrier=carrier)
    return PARTIES[Party(party)].read(language)


def channel_title(channel: str, language: Language) -> str:
    """Return what a channel is called."""
    known = CHANNELS.get(channel)
    return known.read(language) if known else channel
