"""Compose: parts of the agent that are made from the context, or from it and a few others."""

from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from thongsuot_agent.app.checkpoint import Checkpoint
from thongsuot_agent.app.identity import DeviceIdentity
from thongsuot_agent.app.link_registry import LinkRegistry
from thongsuot_agent.app.place import PlaceFile
from thongsuot_agent.app.result_pipeline import ResultPipeline
from thongsuot_agent.app.run_context import RunContext
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.preference import UploadCandidate
from thongsuot_agent.uplink.uploader import UploadConfig


def make_spool(context: RunContext, wall_ns: Callable[[], int | None]) -> Spool:
    """Return the spool; ``wall_ns`` is the time that is vouched for, ``None`` while nobody does."""
    return Spool(
        context.config.spool,
        context.paths,
        context.clock,
        site=context.config.site.name,
        boot_id=context.boot_id,
        trusted_wall_ns=wall_ns,
    )


def make_pipeline(
    context: RunContext,
    spool: Spool,
    links: LinkRegistry,
    checkpoint: Checkpoint | None,
    place: PlaceFile,
) -> ResultPipeline:
    """
    Return the pipeline as an earlier process of this boot left it, else a new one.

    A new one knows the place where the device was when it was last running.
    """
    memory = Memory() if checkpoint is None else checkpoint.memory
    if checkpoint is None:
        place.restore(memory, links.specs)
    pipeline = ResultPipeline(
        context.clock,
        spool,
        links.links,
        site_probes=site_probes_from(links.specs, context.targets, context.probes),
        settings=context.config.judge,
        memory=memory,
        latest=LatestResults(context.targets),
        recorder=context.recorder,
    )
    if checkpoint is not None:
        pipeline.history.load(checkpoint.history, context.clock.boottime_ns())
        links.families = checkpoint.families
    return pipeline


def make_upload_config(
    context: RunContext,
    links: LinkRegistry,
    *,
    candidates: Callable[[], Iterable[UploadCandidate]],
    charge: Callable[[str, int], None],
    layout_of: Callable[[bytes], Awaitable[bytes | None]],
    running_config: Callable[[], str],
    record_report: Callable[[BatchKey], str],
    identity: DeviceIdentity,
) -> UploadConfig:
    """Return what all uploads share: where the collector is, and what goes with each request."""
    collector = context.config.collector
    return UploadConfig(
        endpoint=CollectorEndpoint(
            url=collector.url.rstrip("/"),
            host=urlsplit(collector.url).hostname or "",
            ca_file=collector.ca_file,
            timeout_s=collector.timeout_s,
        ),
        links=links.links,
        clock=context.clock,
        boot_id=context.boot_id,
        token=context.token,
        candidates=candidates,
        charge=charge,
        layout_of=layout_of,
        running_config=running_config,
        record_report=record_report,
        certificate=identity.pair,
        sign=identity.signer,
    )
