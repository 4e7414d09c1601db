"""Compose: parts of the agent that are made from the context, or from it and a few others."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from urllib.parse import urlsplit

from thongsuot_agent.app.checkpoint import Checkpoint
from thongsuot_agent.app.commissioning import Commissioning, CommissioningCallbacks
from thongsuot_agent.app.identity import DeviceIdentity
from thongsuot_agent.app.jitter import jitter, new_id
from thongsuot_agent.app.link_registry import LinkRegistry
from thongsuot_agent.app.place import PlaceFile
from thongsuot_agent.app.requested_tests import RequestedTestCallbacks, RequestedTests
from thongsuot_agent.app.result_pipeline import ResultPipeline
from thongsuot_agent.app.run_context import RunContext
from thongsuot_agent.clock import NS_PER_S, TrueTime
from thongsuot_agent.config.model import PushConfig
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.links.lateness import LATENESS
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.page.line_history import LineHistory
from thongsuot_agent.page.month import MonthHistory
from thongsuot_agent.probing.contract import ProbeServices
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.measurement_doubts import LatenessHistory
from thongsuot_agent.scheduler.runner import Runner, RunnerCallbacks
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.preference import UploadCandidate
from thongsuot_agent.uplink.uploader import UploadConfig
from thongsuot_schema.metric import Metric

_log = logging.getLogger(__name__)

_COMMISSIONING = "commissioning"


def make_spool(context: RunContext, wall_ns: Callable[[], int | None]) -> Spool:
    """
    Return the spool; ``wall_ns`` returns the trusted wall time, ``None`` while the clock is not
    trusted.
    """
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

    A new judge gets the place of the device when it last ran.
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
    pipeline.month = MonthHistory(context.paths.month_file)
    pipeline.month.load()
    pipeline.lines = LineHistory(context.paths.line_history_file)
    pipeline.lines.load()
    if checkpoint is not None:
        pipeline.history.load(checkpoint.history, context.clock.boottime_ns())
        links.families = checkpoint.families
    return pipeline


def make_runner(
    context: RunContext,
    links: Mapping[str, LiveLink],
    data_budget: DataBudget,
    callbacks: RunnerCallbacks,
    *,
    self_metrics: Callable[[str], dict[Metric, float]],
) -> Runner:
    """
    Return the runner of the probes; ``self_metrics`` returns the agent's own metrics for a link's
    host probe.
    """
    return Runner(
        context.clock,
        links,
        data_budget,
        LatenessHistory(LATENESS.note),
        callbacks,
        services=ProbeServices(
            self_metrics=self_metrics,
            links=lambda: links,
            charge=data_budget.charge,
            is_own_url={target.url for target in context.local_config.targets}.__contains__,
        ),
    )


def make_requested_tests(
    context: RunContext,
    runner: Runner,
    pipeline: ResultPipeline,
    data_budget: DataBudget,
    push_now: Callable[[], None],
) -> RequestedTests:
    """Return what runs the tests that people want now."""
    return RequestedTests(
        RequestedTestCallbacks(
            now_ns=context.clock.boottime_ns,
            matching_jobs=runner.matching_jobs,
            local_requests=runner.local_requests,
            start_run=runner.start_run,
            on_notice=pipeline.add_notice,
            push_now=push_now,
            new_id=new_id,
            charge_local=data_budget.charge_local,
        )
    )


def make_commissioning(
    context: RunContext,
    links: LinkRegistry,
    runner: Runner,
    pipeline: ResultPipeline,
    spool: Spool,
    *,
    true_time: TrueTime,
    push_now: Callable[[], None],
) -> Commissioning:
    """Return what walks an installer through the links."""
    clock = context.clock
    commissioning = Commissioning(
        CommissioningCallbacks(
            now_ns=clock.boottime_ns,
            wall_s=lambda at_ns: (
                true_time.wall_ns(at_ns, clock.wall_ns(), clock.boottime_ns()) / NS_PER_S
            ),
            links=links.links,
            standing_verdicts=lambda: pipeline.standing_verdicts,
            jobs_of_kind=runner.jobs_of_kind,
            start_run=runner.start_run,
            add_notice=spool.add_entry,
            push_now=push_now,
            new_id=new_id,
            token=context.token,
            load=partial(spool.load_fact, _COMMISSIONING),
            save=partial(spool.save_fact, _COMMISSIONING),
        )
    )
    commissioning.set_targets(context.targets)
    return commissioning


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
    """Return what all uploads share: the collector's address, and the headers of each request."""
    collector = context.config.collector
    return UploadConfig(
        endpoints=endpoints_of(collector),
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
        jitter=jitter,
    )


def endpoints_of(collector: PushConfig) -> tuple[CollectorEndpoint, ...]:
    """Return the collector's addresses, the preferred one first."""
    return tuple(
        CollectorEndpoint(
            url=url.rstrip("/"),
            host=urlsplit(url).hostname or "",
            ca_file=collector.ca_file,
            timeout_s=collector.timeout_s,
        )
        for url in (collector.url, *collector.failover_urls)
    )


def sms_tasks(
    context: RunContext, pipeline: ResultPipeline, wall_ns: Callable[[], int | None]
) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return the sender of text messages for a total outage; ``None`` if it is not configured."""
    config = context.local_config.sms
    if not (config.device and config.to):
        return {}
    # Loaded by the few that have a modem for it.
    from thongsuot_agent.sms.alarm import SmsAlarm  # noqa: PLC0415

    alarm = SmsAlarm(
        context.local_config,
        verdicts=lambda: pipeline.standing_verdicts,
        clock=context.clock,
        trusted_wall_ns=wall_ns,
        path=context.paths.sms_file,
    )
    return {"text messages": alarm.run}


def log_page(host: str, port: int) -> None:
    """Log where the page is served."""
    _log.info("page listens on host=%s port=%d", host, port)
