"""Limits on what one site may cost, by the budgets alone and over real HTTP."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.errors import PushRefused, RefusalReason
from thongsuot_collector.ingest.settings import IngestSettings
from thongsuot_collector.ingest.site_budgets import QUARANTINE_S, Budget, SiteBudgets
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import audit
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.columns import Columns, decode_columns
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.encode import encode_layout
from thongsuot_schema.batch.layout import compile_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import Batch, KindColumns, Layout, Notice, NoticeCode
from thongsuot_schema.batch.record_report import RecordReport, StreamProgress
from thongsuot_schema.inventory.model import Inventory, Link, Role, Site, Target
from thongsuot_schema.result import Family, Series
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

SITE = "hoan-kiem"
NEIGHBOUR = "ba-dinh"
NOW = 5_000 * S

KNOWN = Inventory(
    sites=(Site(name=SITE, links=(Link(name="fiber", interface="eth0"),), targets=("*",)),),
    targets=tuple(
        Target(name=f"anchor-{number}", role=Role.ANCHOR, segment=Segment.TRANSIT)
        for number in range(10)
    ),
)


class BudgetsFixture:
    """Budgets with the settings that a test wants, and who was refused or quarantined."""

    def __init__(self, settings: IngestSettings, inventory: Inventory | None = None) -> None:
        self.refused: list[Budget] = []
        self.quarantined: list[tuple[str, Budget]] = []
        self.budgets = SiteBudgets(
            settings,
            InventoryDirectory(inventory or Inventory()),
            on_refusal=self.refused.append,
            on_quarantine=lambda site, budget: self.quarantined.append((site, budget)),
        )
        self.sealers = {name: BatchSealer(name, epoch_ns=0) for name in (SITE, NEIGHBOUR)}

    def charge(self, batch: Batch, *, boot_id: str = "", now_s: float = 0.0) -> None:
        """Charge the site of a batch for it."""
        columns = columns_of(self.sealers[batch.site], batch)
        self.budgets.charge_batch(batch.site, columns, boot_id=boot_id, now_s=now_s)

    def taken_of(self, batches: Iterator[Batch], limit: int = 60) -> int:
        """Return how many of a site's batches are taken before the first is refused."""
        for number in range(limit):
            try:
                self.charge(next(batches))
            except PushRefused:
                return number
        return limit


def columns_of(sealer: BatchSealer, batch: Batch) -> Columns:
    body, layout_body = sealer.sealed(batch)
    _, layout = decode_layout(layout_body, LIMITS)
    compiled = compile_layout(layout)
    return decode_columns(body, lambda _name: compiled, LIMITS)


def down(link: str) -> VerdictChange:
    return change(
        NOW - S, State.DOWN, link=link, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT
    )


def ever_new_names(sealer: BatchSealer) -> Iterator[Batch]:
    for number in count():
        names = [f"line-{number}-{place}" for place in range(5)]
        yield sealer.batch(NOW, changes=[down(name) for name in names])


def ever_new_streams(sealer: BatchSealer) -> Iterator[Batch]:
    for number in count(1):
        sealer.stream = f"{number:016x}"
        yield sealer.batch(NOW, number=1)


def ever_new_boots(sealer: BatchSealer) -> Iterator[Batch]:
    for number in count(1):
        sealer.boot_id = str(UUID(int=number))
        yield sealer.batch(NOW)


def every_second_number(sealer: BatchSealer) -> Iterator[Batch]:
    for number in count():
        yield sealer.batch(NOW, number=1 + 2 * number)


def many_starts(sealer: BatchSealer) -> Iterator[Batch]:
    while True:
        yield sealer.batch(NOW, notices=[Notice(code=NoticeCode.STARTED, boottime_ns=NOW - S)])


def many_words(sealer: BatchSealer) -> Iterator[Batch]:
    while True:
        changed = Notice(code=NoticeCode.LINKS_CHANGED, boottime_ns=NOW - S, text="fiber up")
        yield sealer.batch(NOW, notices=[changed] * 10)


def streams_that_it_only_speaks_of(sealer: BatchSealer) -> Iterator[Batch]:
    for number in count():
        text = f"dropped {number:016x} 1-9"
        notice = Notice(code=NoticeCode.BATCHES_LOST, boottime_ns=NOW - S, text=text)
        yield sealer.batch(NOW, notices=[notice])


def many_values(sealer: BatchSealer) -> Iterator[Batch]:
    while True:
        yield sealer.batch(NOW, [icmp_result(NOW - S)])


SMALL = IngestSettings(
    bytes_burst=1_000.0,
    values_burst=100.0,
    unknown_names_burst=50.0,
    streams_burst=20.0,
    gaps_burst=20.0,
    notices_burst=300.0,
)

Attack = Callable[[BatchSealer], Iterator[Batch]]


@pytest.mark.parametrize(
    ("attack", "budget", "taken"),
    [
        (ever_new_names, Budget.NAMES, 10),
        (ever_new_streams, Budget.STREAMS, 19),  # the first is a new boot, too
        (ever_new_boots, Budget.STREAMS, 19),
        (every_second_number, Budget.RUNS, 21),
        (many_starts, Budget.NOTICES, 30),
        (many_words, Budget.NOTICES, 30),
        (streams_that_it_only_speaks_of, Budget.STREAMS, 18),  # its own, and a boot
        (many_values, Budget.VALUES, 25),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_everything_that_a_site_may_send_is_limited(
    attack: Attack, budget: Budget, taken: int
) -> None:
    fixture = BudgetsFixture(SMALL)
    assert fixture.taken_of(attack(fixture.sealers[SITE])) == taken
    assert fixture.refused == [budget]
    assert fixture.quarantined == [(SITE, budget)]
    # The neighbour has budgets of its own.
    assert fixture.taken_of(attack(fixture.sealers[NEIGHBOUR])) == taken


def layouts_of(series: int, kept: int) -> Iterator[Layout]:
    """Yield layouts of some of the same series: each lacks others."""
    known = sorted(
        Series(kind="k", revision=1, link="", target=str(number), family=Family.NONE)
        for number in range(series)
    )
    kinds = (KindColumns(kind="k", revision=1, columns=()),)
    for start in range(kept):
        yield Layout(series=tuple(known[:start] + known[start + series - kept :]), kinds=kinds)


def test_layouts_are_charged_for_what_their_series_take_in_memory() -> None:
    fixture = BudgetsFixture(IngestSettings())

    def accepted_of(site: str, layouts: Iterator[Layout]) -> int:
        for number, layout in enumerate(islice(layouts, 200)):
            size_bytes = len(encode_layout(layout))
            try:
                fixture.budgets.charge_layout(site, layout, size_bytes=size_bytes, now_s=0.0)
            except PushRefused:
                return number
        return 200

    assert accepted_of(SITE, layouts_of(LIMITS.series, LIMITS.series - 1)) < 20
    assert fixture.refused == [Budget.LAYOUTS]
    assert accepted_of(NEIGHBOUR, layouts_of(320, 300)) == 200, "as many as no agent makes"


def test_content_that_a_site_has_sent_before_costs_nothing_again() -> None:
    fixture = BudgetsFixture(SMALL)
    sealer = fixture.sealers[SITE]
    for _ in range(200):
        fixture.charge(sealer.batch(NOW, changes=[down("spare"), down("fiber")]))
    # A backlog that comes newest first leaves one gap, and fills it.
    for number in range(600, 200, -1):
        fixture.charge(sealer.batch(NOW, number=number))
    assert fixture.refused == []


def test_each_boot_that_continues_a_stream_costs_as_much_as_a_new_stream() -> None:
    fixture = BudgetsFixture(SMALL)
    sealer = fixture.sealers[SITE]
    for _ in range(5):
        fixture.charge(sealer.batch(NOW), boot_id=sealer.boot_id)
    for number in range(18):
        fixture.charge(sealer.batch(NOW), boot_id=str(UUID(int=number)))
    with pytest.raises(PushRefused, match="too many new streams"):
        fixture.charge(sealer.batch(NOW), boot_id=str(UUID(int=18)))


def test_reports_of_unknown_streams_are_limited_too() -> None:
    fixture = BudgetsFixture(SMALL)
    own = report_of(fixture.sealers[SITE].stream)
    for number in range(100):
        fixture.charge(fixture.sealers[SITE].batch(NOW))
        fixture.budgets.charge_report(SITE, own, now_s=float(number))
    assert fixture.refused == []
    fixture.budgets.charge_report(
        SITE, report_of(*(f"{number:016x}" for number in range(16))), now_s=100.0
    )
    with pytest.raises(PushRefused, match="too many new streams"):
        fixture.budgets.charge_report(
            SITE, report_of(*(f"{number:016x}" for number in range(16, 32))), now_s=100.0
        )
    assert fixture.quarantined == [(SITE, Budget.STREAMS)]
    fixture.budgets.charge_report(SITE, own, now_s=100.0)


def report_of(*streams: str) -> RecordReport:
    return RecordReport(
        streams=tuple(StreamProgress(stream=stream, highest=9, waiting=1) for stream in streams)
    )


def test_names_in_the_inventory_are_not_limited() -> None:
    fixture = BudgetsFixture(IngestSettings(unknown_names_burst=1.0), KNOWN)
    sealer = fixture.sealers[SITE]
    fixture.charge(sealer.batch(NOW, changes=[down("fiber"), down("invented")]))
    with pytest.raises(PushRefused, match="inventory does not have") as refused:
        fixture.charge(sealer.batch(NOW, changes=[down("invented-too")]))
    assert refused.value.why is RefusalReason.OVER_BUDGET
    assert refused.value.retry_after_s > 0
    fixture.charge(sealer.batch(NOW, changes=[down("fiber")]))


def test_the_budgets_of_a_site_grow_with_its_inventory() -> None:
    links = tuple(Link(name=f"link-{number}", interface=f"eth{number}") for number in range(12))
    large = Inventory(sites=(Site(name=SITE, links=links, targets=("*",)),), targets=KNOWN.targets)
    usual, larger = BudgetsFixture(SMALL, KNOWN), BudgetsFixture(SMALL, large)
    taken = [
        fixture.taken_of(many_values(fixture.sealers[SITE]), limit=100)
        for fixture in (usual, larger)
    ]
    assert taken == [25, 50]  # 12 links by 10 targets are twice the usual 60
    bodies = [bodies_taken(fixture.budgets) for fixture in (usual, larger)]
    assert bodies == [10, 20]


def bodies_taken(budgets: SiteBudgets) -> int:
    """Return how many bodies of 100 bytes are taken before one is refused."""
    for number in range(100):
        try:
            budgets.charge_bytes(SITE, 100, now_s=0.0)
        except PushRefused:
            return number
    return 100


def test_a_site_that_has_used_its_share_of_the_computing_waits_until_it_is_earned_again() -> None:
    fixture = BudgetsFixture(IngestSettings(work_ratio=0.1, work_burst_s=2.0))
    budgets = fixture.budgets
    budgets.admit(SITE, now_s=0.0)
    budgets.note_work(SITE, 3.0, now_s=0.0)
    with pytest.raises(PushRefused) as refused:
        budgets.admit(SITE, now_s=1.0)
    assert refused.value.retry_after_s == pytest.approx(9.0)
    budgets.admit(NEIGHBOUR, now_s=1.0)
    budgets.admit(SITE, now_s=10.1)


def test_a_quarantined_site_pushes_at_the_pace_of_a_device_until_it_keeps_to_its_budgets() -> None:
    fixture = BudgetsFixture(SMALL)
    budgets = fixture.budgets
    fixture.taken_of(ever_new_names(fixture.sealers[SITE]))
    assert budgets.quarantined(now_s=1.0) == {SITE: Budget.NAMES}
    admitted = sum(is_admitted(budgets, now_s=1.0) for _ in range(400))
    assert admitted == 60
    assert sum(is_admitted(budgets, now_s=1.0 + second) for second in range(1, 101)) == 100
    assert budgets.quarantined(now_s=QUARANTINE_S) == {}
    assert sum(is_admitted(budgets, now_s=QUARANTINE_S) for _ in range(400)) == 400


def is_admitted(budgets: SiteBudgets, *, now_s: float) -> bool:
    try:
        budgets.admit(SITE, now_s=now_s)
    except PushRefused:
        return False
    return True


async def test_a_site_over_a_budget_is_quarantined_and_reported_and_harms_no_neighbour(
    tmp_path: Path,
) -> None:
    config = "[ingest]\nunknown_names_burst = 40\n"
    async with collector(tmp_path, config=config) as client:
        agents = {
            site: BatchSealer(site, epoch_ns=time.time_ns() - NOW) for site in (SITE, NEIGHBOUR)
        }
        pushers = {
            site: Pusher(client, agent, token(tmp_path, site)) for site, agent in agents.items()
        }
        attack = ever_new_names(agents[SITE])
        responses = [await pushers[SITE].batch(next(attack)) for _ in range(10)]
        assert [response.status_code for response in responses] == [200] * 8 + [429] * 2
        assert "names that the inventory does not have" in responses[-1].json()["error"]
        assert int(responses[-1].headers["retry-after"]) > 0
        text = (await client.get("/metrics")).text
        assert 'thongsuot_collector_over_budget_total{budget="names"} 2.0' in text
        assert "thongsuot_collector_quarantined_sites 1.0" in text
        # Its page says so; what it measures itself is taken as before.
        own = agents[SITE].batch(NOW, [icmp_result(NOW - S)], number=9)
        assert (await pushers[SITE].batch(own)).status_code == 200
        await eventually(partial(is_on_page, client, SITE))
        other = await pushers[NEIGHBOUR].batch(
            agents[NEIGHBOUR].batch(NOW, changes=[down("fiber")])
        )
        assert other.status_code == 200
        await eventually(partial(is_audited, tmp_path))
    store = open_store(tmp_path / STORE_FILE)
    lines = [line for line in audit.listed(store) if line.action == "site_quarantined"]
    assert [(line.subject, line.by, line.detail) for line in lines] == [
        (SITE, "collector", "over its budget of names")
    ]
    store.dispose()


async def is_on_page(client: httpx.AsyncClient, site: str) -> bool:
    return "sends more than a site may" in (await client.get(f"/sites/{site}?lang=en")).text


def is_audited(folder: Path) -> bool:
    store = open_store(folder / STORE_FILE)
    try:
        return any(line.action == "site_quarantined" for line in audit.listed(store))
    finally:
        store.dispose()
