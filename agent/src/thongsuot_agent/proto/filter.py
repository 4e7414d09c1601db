"""
Socket filters (classic BPF): select the packets that wake the process.

A raw ICMP socket gets every ICMP packet of the host. The filters let through replies with our
identifier and errors that quote a request with our identifier; everything else stays in the kernel.
Of ARP only claims of our own addresses pass; of all IP, for a trace by TCP, only answers to its
port and errors that quote it. This process never sees other packets. Source:
Documentation/networking/filter.rst of Linux.
"""

from collections.abc import Sequence
from struct import Struct

from thongsuot_agent.proto import arp
from thongsuot_agent.proto.icmp import ECHO_HEADER_BYTES, IP4, IP6, IP6_HEADER_BYTES

_INSTRUCTION = Struct("=HBBI")

# Opcodes: class | size or operation | addressing. A is the accumulator, X the index register.
_A_BYTE, _A_HALF, _A_WORD = 0x30, 0x28, 0x20  # A := packet[k]
_A_BYTE_X, _A_HALF_X = 0x50, 0x48  # A := packet[X + k]
_X_IP4_HEADER = 0xB1  # X := 4 * (packet[k] & 15), the length of an IPv4 header
_AND, _SHIFT_LEFT, _ADD_X, _X_FROM_A = 0x54, 0x64, 0x0C, 0x07
_IF_EQUAL = 0x15
_RETURN = 0x06

_KEEP, _DROP = 0xFFFF, 0  # bytes of the packet to pass

_IDENTIFIER_AT = 4  # in an echo's header

_PROTOCOL_AT = {4: 9, 6: 6}  # in an IP header
_TCP, _ICMP4, _ICMP6 = 6, 1, 58
_SOURCE_PORT_AT, _DESTINATION_PORT_AT = 0, 2  # in a TCP header

CLAIMS_MAX = 32
"""Addresses that one filter of claims can name: a jump spans at most 255 instructions."""


def _if(value: int, then: str, otherwise: str = "") -> tuple[int, int, str, str]:
    """Test A; without ``otherwise`` the next instruction follows."""
    return (_IF_EQUAL, value, then, otherwise)


def _do(operation: int, value: int = 0) -> tuple[int, int, str, str]:
    return (operation, value, "", "")


def _assemble(program: dict[str, list[tuple[int, int, str, str]]]) -> bytes:
    """Concatenate the labelled blocks and convert labels to jump distances."""
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


def echo_filter4(identifier: int, mask: int = 0xFFFF) -> bytes:
    """
    Return the filter for IPv4, where a raw socket's packet starts with the IP header.

    ``mask`` excludes bits of the identifier that may have any value.
    """
    return _assemble(
        {
            "start": [
                _do(_X_IP4_HEADER),
                _do(_A_BYTE_X),
                _if(IP4.reply, "reply"),
                *(_if(kind, "error") for kind in sorted(IP4.errors)),
                _do(_RETURN, _DROP),
            ],
            "reply": [
                _do(_A_HALF_X, _IDENTIFIER_AT),
                _do(_AND, mask),
                _if(identifier & mask, "keep", "drop"),
            ],
            # The quoted packet follows the error's header and has an IP header of its own length.
            "error": [
                _do(_A_BYTE_X, ECHO_HEADER_BYTES),
                _do(_AND, 0x0F),
                _do(_SHIFT_LEFT, 2),
                _do(_ADD_X),
                _do(_X_FROM_A),
                _do(_A_HALF_X, ECHO_HEADER_BYTES + _IDENTIFIER_AT),
                _do(_AND, mask),
                _if(identifier & mask, "keep", "drop"),
            ],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def echo_filter6(identifier: int, mask: int = 0xFFFF) -> bytes:
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
            "reply": [
                _do(_A_HALF, _IDENTIFIER_AT),
                _do(_AND, mask),
                _if(identifier & mask, "keep", "drop"),
            ],
            "error": [
                _do(_A_HALF, quoted_identifier),
                _do(_AND, mask),
                _if(identifier & mask, "keep", "drop"),
            ],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def trace_filter4(port: int) -> bytes:
    """
    Return the filter for a trace by TCP from a port, over IPv4; a packet starts with its IP header.
    """
    return _assemble(
        {
            "start": [
                _do(_X_IP4_HEADER),
                _do(_A_BYTE, _PROTOCOL_AT[4]),
                _if(_TCP, "answer"),
                _if(_ICMP4, "message", "drop"),
            ],
            "answer": [_do(_A_HALF_X, _DESTINATION_PORT_AT), _if(port, "keep", "drop")],
            "message": [
                _do(_A_BYTE_X),
                *(_if(kind, "error") for kind in sorted(IP4.errors)),
                _do(_RETURN, _DROP),
            ],
            "error": [
                _do(_A_BYTE_X, ECHO_HEADER_BYTES),
                _do(_AND, 0x0F),
                _do(_SHIFT_LEFT, 2),
                _do(_ADD_X),
                _do(_X_FROM_A),
                _do(_A_HALF_X, ECHO_HEADER_BYTES + _SOURCE_PORT_AT),
                _if(port, "keep", "drop"),
            ],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def trace_filter6(port: int) -> bytes:
    """
    Return the same for IPv6. A packet with extension headers does not pass: no answer to a SYN and
    no router's error has any.
    """
    message_at = IP6_HEADER_BYTES
    quoted_at = message_at + ECHO_HEADER_BYTES + IP6_HEADER_BYTES
    return _assemble(
        {
            "start": [
                _do(_A_BYTE, _PROTOCOL_AT[6]),
                _if(_TCP, "answer"),
                _if(_ICMP6, "message", "drop"),
            ],
            "answer": [_do(_A_HALF, message_at + _DESTINATION_PORT_AT), _if(port, "keep", "drop")],
            "message": [
                _do(_A_BYTE, message_at),
                *(_if(kind, "error") for kind in sorted(IP6.errors)),
                _do(_RETURN, _DROP),
            ],
            "error": [_do(_A_HALF, quoted_at + _SOURCE_PORT_AT), _if(port, "keep", "drop")],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def claim_filter(hardware: bytes, addresses: Sequence[bytes]) -> bytes:
    """
    Return the filter for ARP packets in which another host claims one of these addresses.

    ``hardware`` is the interface's own address (6 bytes), whose packets do not pass; ``addresses``
    are at most ``CLAIMS_MAX`` IPv4 addresses (4 bytes each). A packet starts with the ARP header.
    """
    assert len(addresses) <= CLAIMS_MAX, f"{len(addresses)} addresses do not fit into a filter"
    kind = arp.HEAD.pack(*arp.HEAD_ETHERNET_IP4, 0)
    first, rest = _number(hardware[:4]), _number(hardware[4:])
    return _assemble(
        {
            "start": [_do(_A_WORD), _if(_number(kind[:4]), "lengths", "drop")],
            "lengths": [_do(_A_HALF, 4), _if(_number(kind[4:6]), "sender", "drop")],
            "sender": [
                _do(_A_WORD, arp.SENDER_ADDRESS_AT),
                *(_if(_number(address), "hardware") for address in addresses),
                _do(_RETURN, _DROP),
            ],
            "hardware": [_do(_A_WORD, arp.SENDER_HARDWARE_AT), _if(first, "rest", "keep")],
            "rest": [_do(_A_HALF, arp.SENDER_HARDWARE_AT + 4), _if(rest, "drop", "keep")],
            "drop": [_do(_RETURN, _DROP)],
            "keep": [_do(_RETURN, _KEEP)],
        }
    )


def _number(packed: bytes) -> int:
    return int.from_bytes(packed, "big")


PASS_NOTHING = _assemble({"drop": [_do(_RETURN, _DROP)]})
"""For a socket that only sends."""
