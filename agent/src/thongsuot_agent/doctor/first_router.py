"""
First router: which router answers a packet of a link with a hop limit of one, and so routes its
packets.

The kernel's tables say which gateway a link's packets should use; a packet whose hop limit expires
there shows which one they used (RFC 792: the router that discards it informs the sender).
"""

from thongsuot_agent.links.flow import Flow
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.links.tracer import Tracer
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.result import Family
from thongsuot_schema.words.codes import cause_code

FAR = {Family.IP4: "198.18.0.1", Family.IP6: "2001:2::1"}
"""
From the ranges for benchmarks (RFC 2544, RFC 5180): the packet is discarded one router from here.
"""

_FLOW = 20_117
_TRIES = 3
_TIMEOUT_S = 1.0


async def first_router(link: LiveLink, family: Family) -> str:
    """
    Return the address of the router that answers; empty where none does.

    Some routers answer one such packet a second and some firewalls none: silence proves nothing.

    Raises:
        LinkUnusable: nothing can be sent over the link.
        OSError: the kernel could not send.
    """
    with Tracer(Flow(link.egress(family, FAR[family]), "udp", _FLOW)) as tracer:
        for _ in range(_TRIES):
            probe = tracer.send(1)
            await tracer.wait_for([probe], _TIMEOUT_S)
            if probe.answer is not None:
                return probe.answer.reply.address
    return ""


async def explain_first_router(link: LiveLink, family: Family) -> tuple[bool | None, str]:
    """
    Return whether a link's packets use its gateway, ``None`` if that cannot be determined, and a
    sentence.
    """
    gateway = link.state.gateway(family)
    try:
        address = await first_router(link, family)
    except LinkUnusable as unusable:
        return False, Localizable(
            "cannot send: {why}", why=cause_code(unusable.reason, unusable.detail)
        )
    except OSError as error:
        return False, Localizable("cannot send: {why}", why=error.strerror)
    if not address:
        return None, Localizable("no router answered a packet that may pass one (some never do)")
    if gateway is None or address == gateway or family is Family.IP6:
        # An IPv6 router may answer from any of its addresses (RFC 4443, 2.2).
        return True, Localizable(
            "a packet that may pass one router was answered by {address}", address=address
        )
    return False, Localizable(
        "a packet that may pass one router was answered by {address}, not by {gateway}",
        address=address,
        gateway=gateway,
    )
