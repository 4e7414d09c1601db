"""Notices of proposed work: the city's people get them by mail, then the carrier's, each once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture
from tests.collector.maintenance.test_proposal import CARRIER, NOW_NS, fields
from tests.collector.notify.channel_contract import ServiceFixture
from tests.collector.notify.channels.test_email import MailFixture
from tests.collector.notify.dispatch.webhook_receivers import WebhookReceiver
from tests.collector.notify.incident_events import CITY, city_inventory, steady_city
from tests.collector.running import let_go
from thongsuot_collector.correlation import proposed_work
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork, WorkDecision
from thongsuot_collector.maintenance.proposal import proposal_from
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch.delivery_log import load_attempts
from thongsuot_collector.notify.dispatch.work_notices import WorkNotices
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.notify.settings import NotifySettings

SETTINGS = NotifySettings(
    channels=("main",),
    city=CITY,
    page_url="https://thongsuot.example/",
    retry_s=2.0,
    escalate_after_s=30.0,
)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailFixture]:
    made = MailFixture(tmp_path, "none")
    yield made
    made.stop()


class WorkDesk:
    """Proposals in a store, and what sends notices of them, on a clock that is set by hand."""

    def __init__(
        self,
        folder: Path,
        channels: dict[str, Channel],
        *,
        settings: NotifySettings = SETTINGS,
        city: CityFixture | None = None,
    ) -> None:
        self.now_ns = NOW_NS
        self.settings = settings
        self.service = ServiceFixture(
            city or steady_city(city_inventory()), folder, channels, settings
        )
        self.store = self.service.store
        self.notices = self.started()

    def started(self) -> WorkNotices:
        """Return what a collector that has just started has of it."""
        return WorkNotices(
            self.service.service.sender,
            self.service.city.directory,
            self.settings,
            self.store,
            now_ns=lambda: self.now_ns,
            random=lambda: 0.0,
        )

    def propose(self, **changes: str) -> ProposedWork:
        work = proposal_from(
            fields(**changes), CARRIER, self.service.city.directory, (), now_ns=self.now_ns
        )
        assert isinstance(work, ProposedWork)
        assert proposed_work.propose(self.store, work, by="key:x")
        return work

    def decide(self, work: ProposedWork, *, is_confirmed: bool, reason: str = "") -> None:
        decision = WorkDecision(
            is_confirmed=is_confirmed, by="Trần Thị Lan", at_ns=self.now_ns, reason=reason
        )
        assert proposed_work.decide(self.store, work.id, decision, by="person:lan")

    async def check(self, after_s: float = 0.0) -> None:
        self.now_ns += round(after_s * NS_PER_S)
        await self.notices.check()


@pytest.fixture
async def desks() -> AsyncIterator[list[WorkDesk]]:
    """The desks of a test, whose stores are closed at its end."""
    made: list[WorkDesk] = []
    yield made
    for desk in made:
        await let_go(desk.store)


def added(desks: list[WorkDesk], desk: WorkDesk) -> WorkDesk:
    desks.append(desk)
    return desk


async def test_the_city_reads_what_is_proposed_and_the_carrier_what_was_decided(
    tmp_path: Path, mail: MailFixture, desks: list[WorkDesk]
) -> None:
    desk = added(desks, WorkDesk(tmp_path, {"main": mail.channel()}))
    agreed = desk.propose(scope=f"link:{_first_site(desk)}:{_first_link(desk)}")
    for _ in range(3):
        await desk.check(10)
    (asked,) = mail.mails()
    assert asked["to"] == "mang@hanoi.example"
    assert (
        asked["subject"]
        == "[BT] FTTH-0000 đề xuất bảo trì từ 26/11/2026 22:00 đến 27/11/2026 02:00"
    )
    assert "Thành phố cần đồng ý hoặc từ chối" in asked["text"]
    assert "Nội dung: Nâng cấp" in asked["text"]
    assert f"https://thongsuot.example/desk/{CARRIER}/work/{agreed.id}" in asked["text"]
    assert asked["files"] == "[]"
    desk.decide(agreed, is_confirmed=True)
    refused = desk.propose(start="2026-11-28T22:00", end="2026-11-29T02:00")
    desk.decide(refused, is_confirmed=False, reason="Trùng ngày bầu cử")
    # What was decided before anybody was told of it is nothing to decide any more.
    for _ in range(3):
        await desk.check(10)
    _, yes, no = mail.mails()
    assert yes["to"] == no["to"] == f"noc@{CARRIER}.example"
    assert "Thành phố đồng ý bảo trì" in yes["subject"]
    assert "Trùng ngày bầu cử" in no["text"]
    assert yes["references"] == asked["references"] != no["references"]


async def test_a_mail_that_nobody_took_is_sent_again_also_by_a_collector_that_starts(
    tmp_path: Path, mail: MailFixture, desks: list[WorkDesk]
) -> None:
    desk = added(desks, WorkDesk(tmp_path, {"main": mail.channel()}))
    work = desk.propose()
    mail.behave("451")
    await desk.check()
    await desk.check(1)
    assert len(load_attempts(desk.store, work.id)) == 1, "not again before its wait is over"
    await desk.check(60)
    desk.notices = desk.started()
    mail.behave("well")
    await desk.check(1)
    for _ in range(3):
        desk.notices = desk.started()
        await desk.check(60)
    assert len(mail.mails()) == 1
    outcomes = [attempt.outcome for attempt in load_attempts(desk.store, work.id)]
    assert outcomes == [ChannelOutcome.RETRY, ChannelOutcome.RETRY, ChannelOutcome.DELIVERED]


async def test_proposals_go_to_a_fallback_that_people_read_and_not_to_systems(
    tmp_path: Path,
    mail: MailFixture,
    first: WebhookReceiver,
    desks: list[WorkDesk],
    caplog: pytest.LogCaptureFixture,
) -> None:
    alone = added(desks, WorkDesk(tmp_path / "alone", {"main": first.channel()}))
    alone.propose()
    await alone.check()
    await alone.check()
    assert caplog.text.count("no channel of city is read by people") == 1
    settings = msgspec.structs.replace(SETTINGS, fallback_channels=("mail",))
    channels: dict[str, Channel] = {"main": first.channel(), "mail": mail.channel()}
    desk = added(desks, WorkDesk(tmp_path, channels, settings=settings))
    desk.propose()
    await desk.check()
    assert [sent["to"] for sent in mail.mails()] == ["mang@hanoi.example"]
    assert first.bodies() == []


async def test_in_quiet_hours_a_proposal_waits_for_the_morning(
    tmp_path: Path, mail: MailFixture, desks: list[WorkDesk]
) -> None:
    settings = msgspec.structs.replace(SETTINGS, quiet_from="08:00", quiet_until="10:00")
    desk = added(desks, WorkDesk(tmp_path, {"main": mail.channel()}, settings=settings))
    desk.propose()
    await desk.check()
    assert mail.mails() == []
    await desk.check(3_600)
    assert len(mail.mails()) == 1


def _first_site(desk: WorkDesk) -> str:
    return next(iter(desk.service.city.directory.sites))


def _first_link(desk: WorkDesk) -> str:
    site = desk.service.city.directory.sites[_first_site(desk)]
    return next(link.name for link in site.links if link.carrier == CARRIER)
