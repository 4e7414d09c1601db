"""Words for the states of a link or a service."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.words.language import Text

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
"""What a silent agent is called; never "network down": the power may be off."""
