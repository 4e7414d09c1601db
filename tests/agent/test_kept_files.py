"""Every file that the agent keeps: however it is damaged, it starts, and shows nothing invented."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from tests.agent.app.test_checkpoint import CHECKPOINT
from tests.agent.app.test_place import BOX, FIBRE, after_power_cut, known
from tests.agent.damage import damaged_bytes, damaged_values
from tests.agent.page.test_line_history import BEGIN_S, measure
from tests.agent.page.test_month import issued, watch
from tests.agent.sms.test_alarm import AlarmedSite
from tests.schema.page.healthy_site import NOW_S
from tests.schema.page.scenes import fibre_cut
from thongsuot_agent.app.checkpoint import Checkpoint, CheckpointFile
from thongsuot_agent.app.place import PlaceFile
from thongsuot_agent.app.sampling import SamplingProgress
from thongsuot_agent.kept_file import KeptFile
from thongsuot_agent.page.history import History
from thongsuot_agent.page.line_history import LineHistory
from thongsuot_agent.page.month import MonthHistory
from thongsuot_agent.scheduler.budget_arithmetic import days_in_month
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.spool.paths import SpoolPaths
from thongsuot_agent.spool.stream_names import StreamNames
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.record_report import (
    LossReason,
    LostBatches,
    format_lost,
    parse_lost,
)
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.line_rollup import COARSE_S, FINE_S
from thongsuot_schema.page.past import SitePast, past_parts
from thongsuot_schema.state import State

S = 1_000_000_000
VIEW = fibre_cut()
LINK = VIEW.links[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """
    One kept file: ``save`` writes it as the agent does, ``use`` reads it, does what the agent does
    with it, and returns what was in it, ``nothing`` if there is none.
    """

    name: str
    save: Callable[[Path], None]
    use: Callable[[Path], object]
    nothing: object
    is_json: bool = False

    def decoded(self, path: Path) -> object:
        body = KeptFile(path).read(bytes)
        assert body is not None
        decoded: object = (
            msgspec.json.decode(body) if self.is_json else msgspec.msgpack.decode(body)
        )
        return decoded

    def encoded(self, value: object) -> bytes:
        return msgspec.json.encode(value) if self.is_json else msgspec.msgpack.encode(value)


def save_checkpoint(path: Path) -> None:
    CheckpointFile(path).save(CHECKPOINT)


def use_checkpoint(path: Path) -> Checkpoint | None:
    checkpoint = CheckpointFile(path).load(boot_id="boot", fingerprint="print")
    if checkpoint is not None:
        DataBudget(lambda: None, checkpoint.data_budget)
        history = History()
        history.load(checkpoint.history, 9 * S)
        history.tick(10 * S)
        history.stretches("fiber", "", 10 * S, float)
    return checkpoint


def save_place(path: Path) -> None:
    PlaceFile(path, "ba-dinh").save(known(), [FIBRE])


def use_place(path: Path) -> str:
    memory = after_power_cut(path)
    save_place(path.with_name("next"))
    return memory.links["fixed"].gateway.usual if memory.links else ""


def save_month(path: Path) -> None:
    month = MonthHistory(path)
    watch(month, State.UP, NOW_S - 600, NOW_S - 300, link=LINK)
    watch(month, State.DOWN, NOW_S - 270, NOW_S - 60, link=LINK)
    month.save(None)


def use_month(path: Path) -> list[tuple[float, float, str]]:
    month = MonthHistory(path)
    month.load()
    found = [(part.start_s, part.end_s, part.state.value) for part in month.stretches(LINK, "")]
    month.tick([issued(State.UP, link=LINK)], 0, NOW_S)
    past_parts(VIEW, SitePast(stretches=month.stretches, rollups=lambda _: ()), "vi")
    MonthHistory(path.with_name("next")).save(NOW_S)
    return found


def save_lines(path: Path) -> None:
    lines = LineHistory(path)
    measure(lines, 0, FINE_S + 120, step_s=FINE_S)
    lines.save()


def use_lines(path: Path) -> list[object]:
    lines = LineHistory(path)
    lines.load()
    found: list[object] = [*lines.rollups("fiber", FINE_S), *lines.rollups("fiber", COARSE_S)]
    measure(lines, COARSE_S, COARSE_S + 60)
    assert lines.rollups("fiber", FINE_S)
    for length_s in (FINE_S, COARSE_S):
        past = SitePast(
            stretches=lambda _link, _service: (),
            rollups=lambda _, length_s=length_s: lines.rollups("fiber", length_s),  # type: ignore[misc]
        )
        past_parts(VIEW, past, "vi")
    return found


def save_sms(path: Path) -> None:
    moments = [1_796_176_260.0 - 50.0, 1_796_176_260.0 - 20.0]
    KeptFile(path).replace(msgspec.json.encode(moments))


def use_sms(path: Path) -> bool:
    """Return whether nothing is sent because two messages of ``per_day`` 2 are counted."""
    file = path.replace(path.with_name("sms.json"))
    before = file.read_bytes()
    site = AlarmedSite(path.parent, str(path.with_name("no-modem")), per_day=2)

    async def cut() -> None:
        site.cut("wan0", "wan1")
        await site.wait(200)

    asyncio.run(cut())
    return file.read_bytes() == before  # an attempt is written down before it is made


def save_streams(path: Path) -> None:
    StreamNames(path).write({"00112233445566aa": 7, "ffeeddccbbaa9988": 12}, 0)


def use_streams(path: Path) -> dict[str, int]:
    """Return what an empty spool has lost; each of it can be named."""
    lost = StreamNames(path).lost([])
    for name, number in lost.items():
        batches = LostBatches(reason=LossReason.UNREADABLE, stream=name, first=1, last=number)
        text = format_lost(batches)
        notice = Notice(code=NoticeCode.BATCHES_LOST, boottime_ns=0, text=text)
        assert parse_lost(notice) == batches
    return lost


KEPT = (
    KeptData(name="checkpoint_file", save=save_checkpoint, use=use_checkpoint, nothing=None),
    KeptData(name="place_file", save=save_place, use=use_place, nothing="", is_json=True),
    KeptData(name="month_file", save=save_month, use=use_month, nothing=[]),
    KeptData(name="line_history_file", save=save_lines, use=use_lines, nothing=[]),
    KeptData(name="stream_names_file", save=save_streams, use=use_streams, nothing={}),
    KeptData(name="sms_file", save=save_sms, use=use_sms, nothing=False, is_json=True),
)
OTHERS = {"spool_file", "rejected_dir", "record_dir", "layouts_dir"}  # tests/agent/spool
OTHERS |= {"rollout_file", "certificate_file"}  # tests/agent/siteconfig, tests/agent/identity
OTHERS |= {"route_request_file"}  # only written


def test_every_path_of_the_agent_is_damaged_here_or_in_the_tests_of_its_room() -> None:
    paths = {name for name, of in vars(SpoolPaths).items() if isinstance(of, property)}
    assert paths == OTHERS | {kept.name for kept in KEPT}


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_a_damaged_file_is_never_taken_for_what_was_observed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kept: KeptData
) -> None:
    caplog.set_level(logging.ERROR)
    path = tmp_path / kept.name
    kept.save(path)
    whole = path.read_bytes()
    assert kept.use(path) != kept.nothing
    for damaged in damaged_bytes(whole):
        path.write_bytes(damaged)
        assert kept.use(path) == kept.nothing, damaged


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_whole_files_with_strange_values_end_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kept: KeptData
) -> None:
    caplog.set_level(logging.ERROR)
    path = tmp_path / kept.name
    kept.save(path)
    body = kept.decoded(path)
    for damaged in damaged_values(body):
        KeptFile(path).replace(kept.encoded(damaged))
        kept.use(path)


METERED = Link(name="mobile", interface="w0", medium=Medium.RADIO_5G, allowance_bytes=10**9)
USED = (
    b'{"mobile":{"month":"2026-12","spent_bytes":700,"days":{"1":300,"2":400},'
    b'"other_months":{"2026-11":9},"local":[["2026-12",2],5],"confirming":[["2026-12",2],7]}}'
)
SAMPLED = b'{"mobile":{"month":"2026-12","down":3,"up":2,"down_sum":3e6,"hours":[%s]}}' % b",".join(
    [b"1"] * 24
)


def texts(whole: bytes) -> Iterator[str]:
    """Yield what a damaged database may return for a text."""
    for damaged in damaged_bytes(whole):
        yield damaged.decode("utf-8", errors="replace")
    for value in damaged_values(msgspec.json.decode(whole)):
        yield msgspec.json.encode(value).decode()


def test_a_data_budget_that_cannot_be_read_counts_from_zero_and_continues(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = DataBudget(lambda: BEGIN_S * S, USED.decode())
    before.set_jobs([METERED], ())
    assert before.spent_bytes() == {"mobile": 700}
    for text in texts(USED):
        budget = DataBudget(lambda: BEGIN_S * S, text)
        budget.set_jobs([METERED], ())
        assert days_in_month(budget.monthly_usage()["mobile"].month) in range(28, 32), text
        budget.charge("mobile", 5)
        budget.charge_local("mobile", 5)
        assert budget.spent_bytes()["mobile"] >= 5, text
        budget.is_confirming_spent("mobile")
        DataBudget(lambda: BEGIN_S * S, budget.dump())
    assert "cannot read the usage of metered links" in caplog.text


def test_counts_of_rate_samples_that_cannot_be_read_are_logged_and_empty(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for text in texts(SAMPLED):
        sampling = SamplingProgress(lambda: BEGIN_S * S)
        sampling.restore(text)
        assert all(0 <= status.hours <= 24 for status in sampling.statuses()), text
        sampling.dump()
    assert "cannot read the counts of rate samples" in caplog.text


def test_a_place_that_was_damaged_is_learned_and_written_again(tmp_path: Path) -> None:
    path = tmp_path / "place.json"
    save_place(path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(BOX.encode(), b"02:00:00:00:00:07"))
    assert after_power_cut(path).links == {}
    save_place(path)
    assert path.read_bytes() == whole
