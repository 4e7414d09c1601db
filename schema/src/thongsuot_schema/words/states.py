"""Words for states of links and services, for the segment at fault, and for who must act."""

from typing import Final

from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language, Text

LINK_STATES: Final[dict[State, Text]] = {
    State.UP: Text("schema.words.states.link.up"),
    State.DEGRADED: Text("schema.words.states.link.degraded"),
    State.DOWN: Text("schema.words.states.link.down"),
    State.UNKNOWN: Text("schema.words.states.link.unknown"),
}

SERVICE_STATES: Final[dict[State, Text]] = {
    State.UP: Text("schema.words.states.service.up"),
    State.DEGRADED: Text("schema.words.states.service.degraded"),
    State.DOWN: Text("schema.words.states.service.down"),
    State.UNKNOWN: Text("schema.words.states.service.unknown"),
}

AGENT_SILENT: Final = Text("schema.words.states.agent_silent")
"""The name of the state of a silent agent; never "network down": the power may be off."""


SEGMENTS: Final[dict[Segment, Text]] = {
    Segment.DEVICE: Text("schema.words.segments.device"),
    Segment.LAN: Text("schema.words.segments.lan"),
    Segment.ACCESS: Text("schema.words.segments.access"),
    Segment.CARRIER: Text("schema.words.segments.carrier"),
    Segment.TRANSIT: Text("schema.words.segments.transit"),
    Segment.SERVICE: Text("schema.words.segments.service"),
}
"""In the order of the ladder, from the device outwards."""


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
    """Return the name of a party; a carrier by its own name if that is known."""
    if party not in set(Party):
        return party
    if party == Party.CARRIER and carrier:
        return _CARRIER_NAMED.read(language, carrier=carrier)
    return PARTIES[Party(party)].read(language)


def channel_title(channel: str, language: Language) -> str:
    """Return the name of a channel."""
    known = CHANNELS.get(channel)
    return known.read(language) if known else channel
