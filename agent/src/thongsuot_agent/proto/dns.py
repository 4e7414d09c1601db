"""
DNS queries for addresses, and their answers.

Only the parts needed by the dns and http probes: one question of type A or AAAA, and from the
answer its code, its address records and the aliases (CNAME) leading to them. Source: RFC 1035,
sections 3 and 4; RFC 3596 (AAAA); RFC 2181, section 5.4.1 for the ranking of data.
"""

from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage

A, CNAME, AAAA = 1, 5, 28
_IN = 1

NO_ERROR, SERVER_FAILURE, NAME_ERROR, REFUSED = 0, 2, 3, 5
"""Codes of an answer (RFC 1035, section 4.1.1)."""

HEADER_BYTES = 12
NAME_LIMIT_BYTES = 255
_LABEL_LIMIT_BYTES = 63
_RECORDS_LIMIT = 256
"""Maximum records read from an answer; real answers have a few, a hostile one may claim 65,535."""

_RESPONSE, _TRUNCATED, _RECURSE = 0x8000, 0x0200, 0x0100
_CODE_MASK, _OPCODE_MASK = 0x000F, 0x7800
_POINTER = 0xC0
_TTL_LIMIT_S = 0x7FFFFFFF

_HEADER = Struct("!6H")
_QUESTION_TAIL = Struct("!HH")
_RECORD_TAIL = Struct("!HHIH")
_WIDTHS = {A: 4, AAAA: 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswer:
    """
    A name server's answer.

    ``addresses`` are packed, in the order given; ``alias`` is the last name of the chain of CNAMEs
    that leads to them, empty when there is none. ``ttl_s`` is the smallest of all records used,
    ``None`` when there is none. ``truncated``: repeat the query over TCP.
    """

    code: int
    truncated: bool
    addresses: tuple[bytes, ...]
    alias: str
    ttl_s: int | None


def encode_name(name: str) -> bytes:
    """
    Return a name in wire form.

    Raises:
        ValueError: a label is empty or longer than 63 bytes, or the whole longer than 255; a name
            beyond ASCII must be given in its IDNA form.
    """
    wire = b""
    for label in name.rstrip(".").split("."):
        packed = label.encode("ascii")
        if not 1 <= len(packed) <= _LABEL_LIMIT_BYTES:
            raise ValueError(f"{name!r} is no host name: a label has {len(packed)} bytes")
        wire += bytes([len(packed)]) + packed
    wire += b"\0"
    if len(wire) > NAME_LIMIT_BYTES:
        raise ValueError(f"{name!r} is no host name: {len(wire)} bytes, at most 255")
    return wire


def build_query(identifier: int, name: str, kind: int) -> bytes:
    """
    Return a query for the addresses of a name, recursion desired.

    Raises:
        ValueError: the name cannot be queried (see ``encode_name``).
    """
    head = _HEADER.pack(identifier, _RECURSE, 1, 0, 0, 0)
    return head + encode_name(name) + _QUESTION_TAIL.pack(kind, _IN)


def is_answer_to(query: bytes, message: bytes) -> bool:
    """
    Return whether a message answers this query: its identifier, and its question echoed.

    The comparison ignores case. An answer with an error code may omit the question.
    """
    if len(message) < HEADER_BYTES or message[:2] != query[:2]:
        return False
    _, flags, questions, _, _, _ = _HEADER.unpack_from(message)
    if not flags & _RESPONSE or flags & _OPCODE_MASK:
        return False
    if questions == 0:
        return bool(flags & _CODE_MASK)
    echoed = message[HEADER_BYTES : len(query)]
    return questions == 1 and _folded(echoed) == _folded(query[HEADER_BYTES:])


def _folded(question: bytes) -> bytes:
    """Return the question with its name in lower case; type and class are unchanged."""
    return question[: -_QUESTION_TAIL.size].lower() + question[-_QUESTION_TAIL.size :]


def parse_answer(message: bytes, query: bytes) -> DnsAnswer:
    """
    Read an answer that ``is_answer_to`` accepted.

    Raises:
        Malformed: a name or a record runs past the end, or a name has a pointer loop.
    """
    _, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    asked, after = _name(query, HEADER_BYTES)
    kind, _ = _QUESTION_TAIL.unpack_from(query, after)
    offset = len(query) if questions else HEADER_BYTES
    records = _AnswerRecords(asked.lower())
    for _ in range(min(answers, _RECORDS_LIMIT)):
        try:
            offset = records.read_record(message, offset, kind)
        except MalformedMessage:
            if flags & _TRUNCATED:
                break  # truncated as announced: the records so far are of no use either
            raise
    return DnsAnswer(
        code=flags & _CODE_MASK,
        truncated=bool(flags & _TRUNCATED),
        addresses=tuple(records.addresses),
        alias=records.owner if records.owner != asked.lower() else "",
        ttl_s=records.ttl_s,
    )


class _AnswerRecords:
    """
    The relevant records of an answer: the chain of aliases from the queried name, and addresses.
    """

    def __init__(self, asked: str) -> None:
        self.owner = asked
        self.addresses: list[bytes] = []
        self.ttl_s: int | None = None

    def read_record(self, message: bytes, offset: int, wanted: int) -> int:
        """Read the record at ``offset`` and return where the next one starts."""
        owner, offset = _name(message, offset)
        if offset + _RECORD_TAIL.size > len(message):
            raise MalformedMessage(f"DNS record at {offset} of {len(message)}: cut off")
        kind, group, ttl_s, length = _RECORD_TAIL.unpack_from(message, offset)
        start = offset + _RECORD_TAIL.size
        end: int = start + length
        if end > len(message):
            raise MalformedMessage(
                f"DNS record at {offset} of {len(message)}: {length} bytes of data"
            )
        if group == _IN and owner.lower() == self.owner:
            if kind == CNAME and not self.addresses:
                self.owner = _name(message, start)[0].lower()
                self._note_ttl(ttl_s)
            elif kind == wanted:
                if length != _WIDTHS[kind]:
                    raise MalformedMessage(f"DNS address record of {length} bytes")
                self.addresses.append(message[start:end])
                self._note_ttl(ttl_s)
        return end

    def _note_ttl(self, ttl_s: int) -> None:
        # A value with the highest bit set means zero (RFC 2181, section 8).
        seconds = 0 if ttl_s > _TTL_LIMIT_S else ttl_s
        self.ttl_s = seconds if self.ttl_s is None else min(self.ttl_s, seconds)


def _name(message: bytes, offset: int) -> tuple[str, int]:
    """Return the name at ``offset`` and where it ends; pointers may only lead backwards."""
    labels: list[str] = []
    end: int | None = None
    limit = offset
    total = 0
    while True:
        if offset >= len(message):
            raise MalformedMessage(f"DNS name runs past the end, at {offset} of {len(message)}")
        length = message[offset]
        if length & _POINTER == _POINTER:
            if offset + 1 >= len(message):
                raise MalformedMessage("DNS name ends inside a pointer")
            target = (length & ~_POINTER) << 8 | message[offset + 1]
            if target >= limit:
                raise MalformedMessage(f"DNS name at {limit} points forwards or at itself")
            end = offset + 2 if end is None else end
            offset = limit = target
            continue
        if length > _LABEL_LIMIT_BYTES:
            raise MalformedMessage(f"DNS label of unknown sort {length:#04x}")
        offset += 1
        if length == 0:
            return ".".join(labels), offset if end is None else end
        total += length + 1
        if total >= NAME_LIMIT_BYTES:
            raise MalformedMessage("DNS name of more than 255 bytes")
        labels.append(message[offset : offset + length].decode("latin-1"))
        offset += length
