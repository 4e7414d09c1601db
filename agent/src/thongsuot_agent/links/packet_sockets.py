"""Sockets of a TCP trace: whole packets out by one interface, and the answers to them."""

import socket

from thongsuot_agent.links.selector import RouteSelector
from thongsuot_agent.links.sockets import attach_filter, bind_to
from thongsuot_schema.result import Family

_IPV6_HDRINCL = 36
_SO_TIMESTAMPNS = 35
_ETHERTYPE = {Family.IP4: 0x0800, Family.IP6: 0x86DD}


def open_packet_sender(interface: str, family: Family, selector: RouteSelector) -> socket.socket:
    """
    Return a raw socket that sends packets with their own IP header over one link.

    Raises:
        PermissionError: raw sockets are not allowed.
    """
    kind = socket.AF_INET6 if family is Family.IP6 else socket.AF_INET
    opened = socket.socket(kind, socket.SOCK_RAW, socket.IPPROTO_RAW)
    bind_to(opened, interface, selector)
    if family is Family.IP6:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_HDRINCL, 1)
    return opened


def open_packet_listener(interface: str, family: Family, program: bytes) -> socket.socket:
    """
    Return a packet socket that only receives packets matching a program (``proto.filter``), with
    timestamps.

    Raises:
        PermissionError: packet sockets are not allowed.
    """
    # Without a protocol until it is bound: nothing is received before the filter is attached.
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    attach_filter(opened, program)
    opened.bind((interface, _ETHERTYPE[family]))
    opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return opened
