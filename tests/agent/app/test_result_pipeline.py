"""Results are stored before they are judged, and a failing judge stops nothing else."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from tests.agent.spool.making import CollectedRecord, clock_of, opened
from tests.fakes.clock import FakeClock
from thongsuot_agent.app import result_pipeline as module
from thongsuot_agent.app.result_pipeline import PipelineCallbacks, ResultPipeline
from thongsuot_agent.judge.engine import StepOutcome
from thongsuot_agent.judge.events import ConfirmationProbe
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.memory import IssuedVerdict, Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.judge.symptoms.echo_limit import EchoLimit
from thongsuot_agent.page.latest import LatestResults
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.catalogue.icmp import DEAD, LOSS, OLD_FLOW, RTT
from thongsuot_schema.result import Family, Result, Series, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

SERIES = Series(kind="icmp", revision=1, link="fiber", target="anchor", family=Family.IP4)


@dataclass
class RecordedPipelineCallbacks:
    """What was ordered."""

    confirmations: list[ConfirmationProbe] = field(default_factory=list)
    news: int = 0
    down: list[str] = field(default_factory=list)
    families: list[tuple[str, Family | None]] = field(default_factory=list)

    def callbacks(self) -> PipelineCallbacks:
        def count() -> None:
            self.news += 1

        return PipelineCallbacks(
            on_confirmation_probe=self.confirmations.append,
            on_verdict_change=count,
            on_link_usable=lambda: None,
            on_link_down=self.down.append,
            on_down_family=lambda link, family: self.families.append((link, family)),
        )


def pipeline_for(
    spool: Spool, fake: FakeClock, carried: RecordedPipelineCallbacks
) -> ResultPipeline:
    pipeline = ResultPipeline(
        clock_of(fake),
        spool,
        {},
        site_probes=site_probes_from((), (), ()),
        settings=Settings(),
        memory=Memory(),
        latest=LatestResults(),
    )
    pipeline.set_callbacks(carried.callbacks())
    return pipeline


def measured(fake: FakeClock) -> Result:
    finding = ok_finding({RTT: 0.003, LOSS: 0.0})
    return Result(series=SERIES, boottime_ns=fake.boottime_ns(), finding=finding)


def change(fake: FakeClock, state: State) -> VerdictChange:
    return VerdictChange(
        verdict=Verdict(link="fiber", service="", state=state),
        before=State.UNKNOWN,
        onset_boottime_ns=fake.boottime_ns(),
        decided_boottime_ns=fake.boottime_ns(),
    )


async def test_the_judges_decision_is_kept_and_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, carried = FakeClock(), RecordedPipelineCallbacks()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, carried)
    confirmation = ConfirmationProbe(kind="icmp", link="fiber", target="anchor", family=Family.IP4)
    down = change(fake, State.DOWN)
    monkeypatch.setattr(
        module,
        "step",
        lambda memory, *_: StepOutcome(
            memory=memory, changes=(down,), confirmation_probes=(confirmation,)
        ),
    )
    pipeline.accept_result(measured(fake))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    assert [change.verdict for change in batch.changes] == [down.verdict]
    assert len(batch.results) == 1
    assert (carried.confirmations, carried.news, carried.down) == ([confirmation], 1, ["fiber"])
    assert carried.families == [("fiber", None)]
    assert pipeline.latest.count == 1
    await spool.close()


async def test_an_old_flow_that_is_dead_by_itself_is_a_fact_of_the_record_and_no_verdict(
    tmp_path: Path,
) -> None:
    fake, carried = FakeClock(), RecordedPipelineCallbacks()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, carried)
    pipeline.accept_result(measured(fake))
    finding = ok_finding({RTT: 0.003, LOSS: 0.0}, evidence={OLD_FLOW: DEAD})
    pipeline.accept_result(msgspec.structs.replace(measured(fake), finding=finding))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    (notice,) = batch.notices
    assert (notice.code, notice.text) == (
        NoticeCode.OLD_FLOW_DEAD,
        "fiber to anchor (ip4): an old flow is dead",
    )
    assert not batch.changes
    await spool.close()


async def test_an_echo_limit_is_a_notice_in_the_record_and_not_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, carried = FakeClock(), RecordedPipelineCallbacks()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, carried)
    limit = EchoLimit(link="fiber", per_second=0.52)
    monkeypatch.setattr(
        module,
        "step",
        lambda memory, *_: StepOutcome(memory=memory, echo_limits=(limit,)),
    )
    pipeline.accept_result(measured(fake))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    (notice,) = batch.notices
    assert (notice.code, notice.text, notice.value) == (
        NoticeCode.ECHOES_LIMITED,
        "fiber: about 0.5 echoes a second are answered",
        0.52,
    )
    assert not batch.changes
    await spool.close()


async def test_a_dead_family_is_reported_in_the_record_and_its_recovery_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, carried = FakeClock(), RecordedPipelineCallbacks()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, carried)
    up = change(fake, State.UP)
    dead = msgspec.structs.replace(
        up,
        verdict=Verdict(link="fiber", service="", state=State.DEGRADED, symptom=Symptom.IPV6_DOWN),
    )
    ruling = iter((dead, up))
    monkeypatch.setattr(
        module, "step", lambda memory, *_: StepOutcome(memory=memory, changes=(next(ruling),))
    )
    pipeline.accept_result(measured(fake))
    pipeline.accept_result(measured(fake))
    assert carried.families == [("fiber", Family.IP6), ("fiber", None)]
    await spool.close()


async def test_verdicts_from_before_a_restart_are_repeated_after_it(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, RecordedPipelineCallbacks())
    stood = Verdict(link="fiber", service="", state=State.UP)
    pipeline.memory.issued[SubjectKey("fiber", "")] = IssuedVerdict(
        verdict=stood, onset_ns=7_000_000
    )
    pipeline.start("1.2.3")
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    assert [(notice.code, notice.text) for notice in batch.notices] == [
        (NoticeCode.STARTED, "1.2.3")
    ]
    (again,) = batch.changes
    assert (again.verdict, again.before, again.onset_boottime_ns) == (stood, State.UP, 7_000_000)
    assert again.decided_boottime_ns >= batch.notices[0].boottime_ns
    await spool.close()


async def test_a_judge_that_breaks_starts_again_and_loses_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, RecordedPipelineCallbacks())
    pipeline.memory = Memory(now_ns=1)

    def broken(*_: object) -> StepOutcome:
        raise IndexError("our own bug")

    monkeypatch.setattr(module, "step", broken)
    for _ in range(5):
        fake.advance(1)
        pipeline.accept_result(measured(fake))
    assert pipeline.memory == Memory()
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    assert len(batch.results) == 5
    texts = [n.text for n in batch.notices if n.code is NoticeCode.PROBE_BROKEN]
    assert texts == ["judge: IndexError: our own bug"] * 3, "the first, then once per doubling"
    await spool.close()


async def test_the_passing_of_time_reaches_judge_and_history(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, RecordedPipelineCallbacks())
    pipeline.history.add_change(change(fake, State.UP))
    fake.advance(5)
    pipeline.tick(1_800_000_000.0)
    assert pipeline.memory.wall_s == 1_800_000_000.0
    now_ns = fake.boottime_ns()
    (stretch,) = pipeline.history.stretches("fiber", "", now_ns, lambda ns: ns / 1e9)
    assert stretch.end_s - stretch.start_s == 5.0
    await spool.close()


async def test_a_new_inventory_drops_verdicts_on_removed_targets_and_repeats_the_others(
    tmp_path: Path,
) -> None:
    fake, carried = FakeClock(), RecordedPipelineCallbacks()
    spool = await opened(tmp_path, fake)
    pipeline = pipeline_for(spool, fake, carried)
    onset_ns = fake.boottime_ns()
    verdicts = {
        SubjectKey("fiber", ""): Verdict(link="fiber", service="", state=State.UP),
        SubjectKey("", "gone"): Verdict(link="", service="gone", state=State.DOWN),
    }
    for subject, verdict in verdicts.items():
        pipeline.memory.issued[subject] = IssuedVerdict(verdict=verdict, onset_ns=onset_ns)
    site_probes = site_probes_from((), (), ())
    pipeline.replace_inventory(site_probes, (), "1.2.3")
    assert pipeline.site_probes is site_probes
    assert [standing.verdict.link for standing in pipeline.standing_verdicts] == ["fiber"]
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    (started,) = batch.notices
    assert (started.code, started.text) == (NoticeCode.STARTED, "1.2.3")
    (change,) = batch.changes
    assert (change.verdict, change.onset_boottime_ns) == (
        verdicts[SubjectKey("fiber", "")],
        onset_ns,
    )
    assert change.decided_boottime_ns >= started.boottime_ns
    await spool.close()
