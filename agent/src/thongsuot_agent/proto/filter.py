"""
Socket filters (classic BPF): which ICMP packets wake us up.

A raw ICMP socket gets every ICMP packet of the host. The filters let through replies with our
identifier and errors that quote a request with our identifier; everything else stays in the kernel.
Source: Documentation/networking/filter.rst of Linux.
"""

from struct import Struct

from thongsuot_agent.proto.icmp import ECHO_HEADER_BYTES, IP4, IP6, IP6_HEADER_BYTES

_INSTRUCTION = Struct("=HBBI")

# Opcodes: class | size or operation | addressing. A is the accumulator, X the index register.
_A_BYTE, _A_HALF = 0x30, 0x28  # A := packet[k]
_A_BYTE_X, _A_HALF_X = 0x50, 0x48  # A := packet[X + k]
_X_IP4_HEADER = 0xB1  # X := 4 * (packet[k] & 15), the length of an IPv4 header
_AND, _SHIFT_LEFT, _ADD_X, _X_FROM_A = 0x54, 0x64, 0x0C, 0x07
_IF_EQUAL = 0x15
_RETURN = 0x06

_KEEP, _DROP = 0xFFFF, 0  # bytes of the packet that are let through

_IDENTIFIER_AT = 4  # in an echo's header


def _if(value: int, then: str, otherwise: str = "") -> tuple[int, int, str, str]:
    """A test of A; without ``otherwise`` the next instruction follows."""
    return (_IF_EQUAL, value, then, otherwise)


def _do(operation: int, value: int = 0) -> tuple[int, int, str, str]:
    return (operation, value, "", "")


def _assemble(program: dict[str, list[tuple[int, int, str, str]]]) -> bytes:
    """Lay the labelled blocks one after the other and turn labels into distances."""
    starts: dict[str, int] = {}
    position = 0
    for label, block in program.items():
        starts[label] = position
        position += len(block)
    packed: list[bytes] = []
    for block in program.values():
        for operation, value, then, otherwise in block:
            following = len(packed) + 1
            jumps = [starts[label] - following if label else 0 for label in (then, otherwise)]
            packed.append(_INSTRUCTION.pack(operation, *jumps, value))
    return b"".join(packed)


def echo_filter4(identifier: int) -> bytes:
    """Return the filter for IPv4, where a raw socket's packet starts with the IP header."""
    return _assemble(
        {
            "start": [
                _do(_X_IP4_HEADER),
                _do(_A_BYTE_X),
                _if(IP4.reply, "reply"),
                *(_if(kind, "error") for kind in sorted(IP4.errors)),
                _do(_RETURN, _DROP),
            ],
            "reply": [_do(_A_HALF_X, _IDENTIFIER_AT), _if(identifier, "keep", "drop")],
            # The quoted packet follows the error's header and has an IP header of its own length.
            "error": [
                _do(_A_BYTE_X, ECHO_HEADER_BYTES),
                _do(_AND, 0x0F),
                _do(_SHIFT_LEFT, 2),
                _do(_ADD_X),
                _do(_X_FROM_A),
                _do(_A_HALF_X, ECHO_HEADER_BYTES + _IDENTIFIER_AT),
                _if(identifier, "keep", "drop"),
            ],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def echo_filter6(identifier: int) -> bytes:
    """Return the filter for IPv6, where a raw socket's packet starts with the ICMPv6 header."""
    quoted_identifier = ECHO_HEADER_BYTES + IP6_HEADER_BYTES + _IDENTIFIER_AT
    return _assemble(
        {
            "start": [
                _do(_A_BYTE),
                _if(IP6.reply, "reply"),
                *(_if(kind, "error") for kind in sorted(IP6.errors)),
                _do(_RETURN, _DROP),
            ],
            "reply": [_do(_A_HALF, _IDENTIFIER_AT), _if(identifier, "keep", "drop")],
            "error": [_do(_A_HALF, quoted_identifier), _if(identifier, "keep", "drop")],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


PASS_NOTHING = _assemble({"drop": [_do(_RETURN, _DROP)]})
"""For a socket that only sends."""
