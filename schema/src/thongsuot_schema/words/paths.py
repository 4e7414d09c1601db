"""Words for the path to a target: where it ends, and the packet sizes that it carries."""

import re
from typing import Final

from thongsuot_schema.path import Hop, Path
from thongsuot_schema.reason import Reason
from thongsuot_schema.words.figures import milliseconds
from thongsuot_schema.words.language import Language, Text
from thongsuot_schema.words.reasons import REASONS

_ENDS: Final = Text("schema.words.paths.ends")
_REFUSED: Final = Text("schema.words.paths.refused")
_REFUSALS: Final = {
    "!H": REASONS[Reason.HOST_UNREACHABLE],
    "!N": REASONS[Reason.NETWORK_UNREACHABLE],
    "!X": REASONS[Reason.PACKET_FILTERED],
}
_REFUSED_OTHERWISE: Final = Text("schema.words.paths.refused_otherwise")
_NOTHING: Final = Text("schema.words.paths.nothing")
_MTU_HOLE: Final = Text("schema.words.paths.mtu_hole")
_MTU_PATTERN: Final = re.compile(r"(?P<size>\d+) bytes; larger ones vanish behind hop (?P<hop>\d+)")


def describe_end(path: Path, language: Language) -> str:
    """Return where a path ends that does not reach its target; empty for one that does."""
    if path.is_reached:
        return ""
    last, refusal = path.hop(path.last), path.refusal
    sentences = []
    if last is not None:
        sentences.append(_ENDS.read(language, hop=last.number, address=last.address))
    if refusal is not None:
        reason = describe_refusal(refusal, language)
        sentences.append(_REFUSED.read(language, address=refusal.address, reason=reason))
    return " ".join(sentences) or _NOTHING.read(language)


def describe_refusal(hop: Hop, language: Language) -> str:
    """Return the text of a router's refusal to forward: ``host unreachable (!H)``."""
    return f"{_REFUSALS.get(hop.refusal, _REFUSED_OTHERWISE).read(language)} ({hop.refusal})"


def describe_mtu_hole(path: Path, language: Language) -> str:
    """Return where large packets are lost; empty if they are not."""
    match = _MTU_PATTERN.match(path.mtu)
    if match is None:
        return ""
    return _MTU_HOLE.read(language, size=match["size"], hop=match["hop"])


def route_text(path: Path, language: Language) -> str:
    """
    Return a path on one line: ``192.168.1.1 (0.3 ms) → * → 203.0.113.1 (8.1 ms)``; one that ends
    with a refusal as ``192.168.1.1 (0.3 ms) → !H 192.168.1.1``.
    """
    parts = []
    for hop in path.hops:
        text = " ".join(filter(None, (hop.refusal, hop.address))) or "*"
        parts.append(text if hop.rtt_s is None else f"{text} ({milliseconds(hop.rtt_s, language)})")
    return " → ".join(parts) if parts else "*"
