"""
Answers of one name server.

Measures    the time from query to response, between the kernel's timestamps, of the slowest query
            of one run (by default for IPv4 and for IPv6 addresses, sent together); the number of
            addresses in the responses and their smallest time to live.
Failed      no answer in time; the server refuses, fails or does not know the name; the name has no
            address; the response has an impossible address; no process listens on the port.
Unmeasured  the link is down, has no address or no route; no name server of this family is known.
Source      RFC 1035; RFC 3596; RFC 5452 for the responses that are accepted.
Cost        2 packets, about 150 bytes, per question; 9 more packets if a response needs TCP.
"""

import asyncio
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.addresses import address_of
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.probing.forgery import forged
from thongsuot_agent.probing.lookup import (
    PORT,
    DnsQuestion,
    LookupResult,
    NameServerAddress,
    look_up,
)
from thongsuot_agent.proto.icmp import IP6_HEADER_BYTES
from thongsuot_schema.catalogue.dns import ANSWERS, LOOKUP, TTL
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason, outcome_of
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding

_RECORDS = ("a", "aaaa")

_EVIDENCE_LIMIT = 200  # characters of one text (thongsuot_schema.result.Finding)

_TYPICAL_QUESTION_BYTES = 60
_TYPICAL_ANSWER_BYTES = 160
_UDP_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one ``kind = "dns"`` entry."""

    records: tuple[str, ...] = _RECORDS
    """The queried types: ``a`` (IPv4 addresses), ``aaaa`` (IPv6 addresses), or both."""

    timeout_s: Annotated[float, Meta(ge=0.01, le=60.0)] = 2.0
    """Time limit of each query."""

    port: Annotated[int, Meta(ge=1, le=65535)] = PORT
    """Port of the name server."""

    def __post_init__(self) -> None:
        """Reject settings that cannot be run."""
        unknown = [record for record in self.records if record not in _RECORDS]
        if unknown or not self.records:
            raise ValueError(
                Localizable(
                    "records is {records}; it may hold: {known}",
                    records=self.records,
                    known=", ".join(_RECORDS),
                )
            )


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Send the queries of one run together and wait for their responses."""
    try:
        address = address_of(link, target, family)
        link.egress(family, address)
    except LinkUnusable as unusable:
        return failed_finding(unusable.reason, detail=unusable.detail)
    server = NameServerAddress(address=address, family=family, port=settings.port)
    questions = [DnsQuestion(name=target.lookup, record=record) for record in settings.records]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_ask(link, server, question, settings.timeout_s))
            for question in questions
        ]
    return finding_from(target, [task.result() for task in tasks])


async def _ask(
    link: LiveLink, server: NameServerAddress, question: DnsQuestion, timeout_s: float
) -> LookupResult:
    try:
        return await look_up(link, server, question, timeout_s)
    except LinkUnusable as unusable:
        return LookupResult(record=question.record, reason=unusable.reason, detail=unusable.detail)


def finding_from(target: Target, lookups: list[LookupResult]) -> Finding:
    """Return the combined result of the lookups of one run."""
    doubts = tuple(sorted({doubt for lookup in lookups for doubt in lookup.doubts}))
    cost_bytes = sum(lookup.cost_bytes for lookup in lookups)
    addresses = [address for lookup in lookups for address in lookup.addresses]
    evidence = _evidence(lookups, addresses)
    worst = _worst(lookups)
    lies = forged(addresses, target.expect_addresses)
    if lies:
        reason, detail = Reason.NAME_ANSWER_FORGED, f"answered {', '.join(lies)}"
    elif worst is not None and worst.reason is not None:
        reason, detail = (
            worst.reason,
            f"{worst.record}: {worst.detail}" if worst.detail else worst.record,
        )
    else:
        return ok_finding(
            _values(lookups, addresses), doubts=doubts, evidence=evidence, cost_bytes=cost_bytes
        )
    is_measured = outcome_of(reason) is Outcome.FAILED
    return failed_finding(
        reason,
        _values(lookups, addresses) if is_measured else None,
        detail=detail,
        doubts=doubts,
        evidence=evidence,
        cost_bytes=cost_bytes,
    )


def _worst(lookups: list[LookupResult]) -> LookupResult | None:
    """
    Return the lookup that decides the result, ``None`` if none failed.

    A name with addresses of one family only is fine; a server that answers one query and ignores
    the other is not.
    """
    failed = [lookup for lookup in lookups if lookup.reason is not None]
    some = any(lookup.reason is None for lookup in lookups)
    if some:
        failed = [
            candidate for candidate in failed if candidate.reason is not Reason.NAME_WITHOUT_ADDRESS
        ]
    return failed[0] if failed else None


def _values(lookups: list[LookupResult], addresses: list[str]) -> dict[Metric, float]:
    took = [lookup.took_s for lookup in lookups if lookup.took_s is not None]
    ttls = [lookup.ttl_s for lookup in lookups if lookup.ttl_s is not None and lookup.addresses]
    values: dict[Metric, float] = {}
    if took:
        values[LOOKUP] = max(took)
        values[ANSWERS] = len(addresses)
    if ttls:
        values[TTL] = min(ttls)
    return values


def _evidence(lookups: list[LookupResult], addresses: list[str]) -> dict[str, str]:
    alias = next((lookup.alias for lookup in lookups if lookup.alias), "")
    texts = {"addresses": " ".join(addresses), "alias": alias}
    return {key: text[:_EVIDENCE_LIMIT] for key, text in texts.items() if text}


def _applies(target: Target) -> bool:
    return bool(target.lookup and target.addresses)


def _cost_bytes(target: Target, settings: Settings) -> int:
    del target
    headers = 2 * (IP6_HEADER_BYTES + _UDP_HEADER_BYTES)
    return len(settings.records) * (headers + _TYPICAL_QUESTION_BYTES + _TYPICAL_ANSWER_BYTES)


def _timeout_s(settings: Settings) -> float:
    return settings.timeout_s


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=_cost_bytes,
    timeout_s=_timeout_s,
)
