"""Scheduled jobs, as tests of what a person asks for need them."""

import asyncio
from dataclasses import dataclass

from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_agent.scheduler.job import NS_PER_S, Job
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.result import Family, Finding, Series, ok_finding
from thongsuot_schema.segment import Segment


@dataclass(frozen=True)
class Settings:
    """Nothing to set."""


async def _run() -> Finding:
    await asyncio.sleep(0)
    return ok_finding({})


def requested_job(kind: str, *, link: str = "fiber", target: str = "portal", cost: int = 0) -> Job:
    """Return a job that costs so much a run."""
    return Job(
        series=Series(kind=kind, revision=1, link=link, target=target, family=Family.IP4),
        target=Target(
            name="portal", role=Role.SERVICE, segment=Segment.SERVICE, url="https://a.example/"
        ),
        probe=Probe(
            settings=Settings,
            begin=stateless(lambda _link, _target, _family, _settings: _run()),
            applies=lambda _: True,
            cost_bytes=lambda _target, _settings: cost,
            timeout_s=lambda _: 1.0,
        ),
        settings=Settings(),
        every_ns=60 * NS_PER_S,
        usual_ns=60 * NS_PER_S,
        offset_ns=0,
        over=link,
    )
