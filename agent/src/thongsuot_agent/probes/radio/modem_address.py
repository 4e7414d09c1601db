"""Querying a modem: the address of its router, and the system's programs that answer in JSON."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import msgspec

from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_agent.probing.addresses import GATEWAY, address_of
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Segment


def find_modem_address(link: LiveLink, address: str) -> tuple[Family, str]:
    """
    Return family and address of a router or modem; ``gateway`` is the link's next hop, IPv4 before
    IPv6.

    Raises:
        LinkUnusable: the link has no gateway. ModemUnreadable: it is not an address.
    """
    if address != GATEWAY:
        try:
            ip_address(address)
        except ValueError as error:
            raise ModemUnreadable(Reason.NOT_SUPPORTED, f'"{address}" is no address') from error
        return family_of(address), address
    box = Target(name="box", role=Role.EQUIPMENT, segment=Segment.LAN, addresses=(GATEWAY,))
    try:
        return Family.IP4, address_of(link, box, Family.IP4)
    except LinkUnusable:
        return Family.IP6, address_of(link, box, Family.IP6)


async def run_json_program(arguments: Sequence[str], timeout_s: float) -> Any:  # noqa: ANN401 - JSON
    """
    Return the output of a program.

    Raises:
        ModemUnreadable: it is not installed, or it failed; the text is its last line of output.
        TimeoutError: it took too long and was ended.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ModemUnreadable(Reason.NOT_SUPPORTED, f"{arguments[0]} is not installed") from error
    try:
        async with asyncio.timeout(timeout_s):
            output, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise ModemUnreadable(Reason.NOT_SUPPORTED, f"{arguments[0]}: {''.join(lines[-1:])}")
    return msgspec.json.decode(output) if output.strip() else None
