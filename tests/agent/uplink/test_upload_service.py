"""Pushing to a collector over a real socket: nothing is lost or blocked, and news goes first."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.agent.spool.making import MS_NS, SERIES, change, places, result, spool_at
from tests.agent.uplink.receiver import TOKEN, PushReceiver, ReceivedPush, ScriptedReply, scripted
from tests.timing import MS
from thongsuot_agent.clock import Clocks, TrueTime
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_agent.uplink.upload_service import SiteConfigHooks, UploadService
from thongsuot_agent.uplink.uploader import UploadConfig, Uploader
from thongsuot_schema.batch.push import (
    CONTENT_TYPE_BATCH,
    CONTENT_TYPE_LAYOUT,
    PATH_BATCHES,
    PATH_LAYOUTS,
    NearestSite,
    PushResponse,
    SentNotification,
)

BOOT = "00000000-0000-4000-8000-000000000001"


@dataclass
class UploadFixture:
    """A spool, the uplink that empties it, and the collector that takes what comes."""

    spool: Spool
    uplink: UploadService
    receiver: PushReceiver
    true_time: TrueTime
    paid: list[tuple[str, int]]

    def make(self, *serials: int, news: bool = False) -> None:
        """Make results, and a verdict change; seal them and tell the uplink."""
        for serial in serials:
            self.spool.add_entry(result(serial))
            if news:
                self.spool.add_entry(change(serial))
        self.spool.seal()
        if news:
            self.uplink.push_now()
        self.uplink.wake()


@asynccontextmanager
async def pushing(
    root: Path,
    receiver: PushReceiver,
    *,
    before: Callable[[Spool], Awaitable[None]] | None = None,
    ca_file: str = "",
    site_configs: SiteConfigHooks | None = None,
    urls: Sequence[str] = (),
    timeout_s: float = 60.0,
) -> AsyncIterator[UploadFixture]:
    """
    Run an uplink; ``before`` fills the spool before anything is pushed, ``urls`` are the
    collector's addresses, by default the receiver's alone.
    """
    spool = spool_at(root)
    await spool.open(SERIES)
    if before is not None:
        await before(spool)
    paid: list[tuple[str, int]] = []
    terms = UploadConfig(
        endpoints=tuple(
            CollectorEndpoint(url=url, host="127.0.0.1", ca_file=ca_file, timeout_s=timeout_s)
            for url in urls or (receiver.url,)
        ),
        links={},
        clock=Clocks(),
        boot_id=BOOT,
        token=lambda: TOKEN,
        candidates=lambda: (),
        charge=lambda link, size: paid.append((link, size)),
        layout_of=spool.layout,
        running_config=SiteConfigHooks().running_text
        if site_configs is None
        else site_configs.running_text,
    )
    true_time = TrueTime()
    uplink = UploadService(
        spool,
        fresh=Uploader(terms),
        backlog=Uploader(terms),
        clock=Clocks(),
        true_time=true_time,
        # The shortest waits there are: half a second, one, two …
        jitter=lambda: 1.0,
        site_configs=site_configs,
    )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(uplink.run_fresh()), group.create_task(uplink.run_backlog())]
        yield UploadFixture(spool, uplink, receiver, true_time, paid)
        for task in tasks:
            task.cancel()
    uplink.close()
    await spool.close()


async def test_a_batch_is_pushed_once_its_layout_is_known_there(tmp_path: Path) -> None:
    async with PushReceiver().listening() as receiver, pushing(tmp_path, receiver) as pusher:
        pusher.make(1, 2)
        await receiver.until(lambda: receiver.numbers == [1])
        pusher.make(3)
        await receiver.until(lambda: receiver.numbers == [1, 2])
        paths = [heard.path for heard in receiver.heard]
        assert paths == [PATH_BATCHES, PATH_LAYOUTS, PATH_BATCHES, PATH_BATCHES]
        first = receiver.heard[0].headers
        assert first["content-type"] == CONTENT_TYPE_BATCH
        assert receiver.heard[1].headers["content-type"] == CONTENT_TYPE_LAYOUT
        assert first["authorization"] == f"Bearer {TOKEN}"
        assert first["thongsuot-boot"] == BOOT
        assert int(first["thongsuot-boottime"]) <= Clocks().boottime_ns()
        assert int(first["thongsuot-wall"]) > 0
        assert receiver.connections == 1, "the connection is kept"
        await until(lambda: pusher.spool.status().waiting_batches == 0)


async def test_the_answer_of_the_collector_is_available_to_the_page(tmp_path: Path) -> None:
    notification = SentNotification(party="carrier", channel="email", at_wall_ns=1, link="fiber")
    nearest = NearestSite(title="Ba Đình", distance_m=1_200)
    receiver = PushReceiver(answer=PushResponse(notifications=(notification,), nearest=nearest))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        assert pusher.uplink.is_reachable is None
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
        await until(lambda: pusher.uplink.is_reachable is True)
        assert pusher.uplink.answer is not None
        assert pusher.uplink.answer.notifications == (notification,)
        assert pusher.uplink.nearest is not None
        assert pusher.uplink.nearest[0] == nearest
        # It stays when answers come without it: they bring it now and then.
        receiver.answer = PushResponse()
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1, 2])
        assert pusher.uplink.nearest[0] == nearest
        now_ns = Clocks().boottime_ns()
        assert abs(pusher.true_time.wall_ns(now_ns, 0, now_ns) - receiver.wall_ns) < 60_000 * MS_NS


async def test_the_time_since_the_collector_is_unreachable_is_known(tmp_path: Path) -> None:
    busy = ScriptedReply(status=503, answer=PushResponse(error="journal busy"))
    receiver = PushReceiver(script=scripted(busy))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        begun_ns = Clocks().boottime_ns()
        pusher.make(1)
        await until(lambda: pusher.uplink.away_since_ns is not None)
        # It has never answered: since the first push that did not get through.
        assert begun_ns <= (pusher.uplink.away_since_ns or 0) <= Clocks().boottime_ns()
        await until(lambda: pusher.uplink.away_since_ns is None)
        acknowledged_ns = pusher.uplink.acknowledged_ns
        receiver.script = scripted(*[busy] * 1000)
        pusher.make(2)
        await until(lambda: pusher.uplink.away_since_ns is not None)
        assert pusher.uplink.away_since_ns == acknowledged_ns


async def test_a_refused_batch_is_set_aside_and_the_next_continues(tmp_path: Path) -> None:
    refusal = ScriptedReply(status=400, answer=PushResponse(error="columns differ"))
    receiver = PushReceiver(script=scripted(refusal))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await until(lambda: pusher.spool.status().rejected_batches == 1)
        pusher.make(2)
        await receiver.until(lambda: 2 in receiver.numbers)
        assert 1 not in receiver.numbers
        gaps = [n.text for batch in receiver.batches for n in batch.notices if n.code == "gap"]
        assert "refused with 400" in gaps[0]
    (file,) = places(tmp_path).rejected_dir.iterdir()
    assert "columns differ" in file.read_text(encoding="utf-8")


async def test_a_collector_in_trouble_is_asked_again(tmp_path: Path) -> None:
    busy = ScriptedReply(status=503, answer=PushResponse(error="journal busy"))
    receiver = PushReceiver(script=scripted(busy, busy))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await receiver.until(lambda: len(receiver.heard) >= 1)
        await until(lambda: pusher.uplink.problem == "journal busy")
        await receiver.until(lambda: receiver.numbers == [1])
        await until(lambda: pusher.uplink.problem == "")


async def test_a_bad_token_loses_nothing(tmp_path: Path) -> None:
    refused = ScriptedReply(status=401, answer=PushResponse(error="this token is not known"))
    receiver = PushReceiver(script=scripted(refused))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
        assert pusher.spool.status().rejected_batches == 0


async def test_a_captive_portal_acknowledges_nothing(tmp_path: Path) -> None:
    portal = ScriptedReply(status=200, text=b"<html>Please accept our terms</html>")
    receiver = PushReceiver(script=scripted(portal))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await until(lambda: pusher.uplink.problem == "what answered is not the collector")
        assert pusher.spool.status().waiting_batches == 1
        await receiver.until(lambda: receiver.numbers == [1])


def secured(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return what a server needs to be somebody, in the eyes of those who trust an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(("is_ours", "name"), [(False, "127.0.0.1"), (True, "other.example")])
async def test_a_server_with_a_wrong_certificate_receives_no_byte(
    tmp_path: Path, is_ours: bool, name: str
) -> None:
    ours, other = trustme.CA(), trustme.CA()
    file = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(file)
    pretender = PushReceiver(tls=secured(ours if is_ours else other, name))
    async with (
        pretender.listening(),
        pushing(tmp_path / "spool", pretender, ca_file=str(file)) as pusher,
    ):
        pusher.make(1)
        await until(lambda: pusher.uplink.problem != "")
        assert "certificate" in pusher.uplink.problem
        assert pretender.heard == []
        assert pusher.spool.status().waiting_batches == 1


async def test_a_collector_that_speaks_only_what_is_older_than_tls_1_2_gets_not_a_byte(
    tmp_path: Path,
) -> None:
    ours = trustme.CA()
    file = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(file)
    context = secured(ours, "127.0.0.1")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    old = PushReceiver(tls=context)
    async with old.listening(), pushing(tmp_path / "spool", old, ca_file=str(file)) as pusher:
        pusher.make(1)
        await until(lambda: pusher.uplink.problem != "")
        assert old.heard == []
        assert pusher.spool.status().waiting_batches == 1


async def test_a_collector_of_a_known_authority_is_pushed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the device's own authorities, hundreds of files, are not looked through for each push."""
    looked: list[Path] = []

    def note(folder: Path, _: str) -> Iterator[Path]:
        looked.append(folder)
        return iter(())

    monkeypatch.setattr(Path, "glob", note)
    ours = trustme.CA()
    file = tmp_path / "ca.pem"
    ours.cert_pem.write_to_path(file)
    receiver = PushReceiver(tls=secured(ours, "127.0.0.1"))
    async with (
        receiver.listening(),
        pushing(tmp_path / "spool", receiver, ca_file=str(file)) as pusher,
    ):
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
    assert looked == []


async def test_news_does_not_wait_for_the_back_off(tmp_path: Path) -> None:
    wait = ScriptedReply(
        status=429, answer=PushResponse(error="too often"), headers=("Retry-After: 3000",)
    )
    receiver = PushReceiver(script=scripted(wait))
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await until(lambda: pusher.uplink.problem == "too often")
        pusher.make(2)
        await asyncio.sleep(20 * MS)
        assert receiver.numbers == []
        pusher.make(3, news=True)
        await receiver.until(lambda: receiver.numbers == [3, 2, 1])


async def test_news_that_comes_while_a_push_fails_does_not_wait_either(tmp_path: Path) -> None:
    hurry: list[Callable[[], None]] = []

    def script(_: ReceivedPush) -> ScriptedReply | None:
        if not hurry:
            return None
        hurry.pop()()
        wait = ("Retry-After: 3000",)
        return ScriptedReply(status=429, answer=PushResponse(error="too often"), headers=wait)

    receiver = PushReceiver(script=script)
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        hurry.append(pusher.uplink.push_now)
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])


async def test_the_last_push_is_tried_without_a_lane_running(tmp_path: Path) -> None:
    async with PushReceiver().listening() as receiver, pushing(tmp_path, receiver) as pusher:
        pusher.spool.add_entry(result(1))
        pusher.spool.seal()
        await pusher.uplink.push_last()
        assert receiver.numbers == [1]


async def until(done: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(180_000 * MS):
        while not done():  # noqa: ASYNC110 - what is waited for has no event to tell it
            await asyncio.sleep(1 * MS)


async def test_after_a_change_of_the_links_the_next_push_starts_again(tmp_path: Path) -> None:
    async with PushReceiver().listening() as receiver, pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
        pusher.make(2)
        await receiver.until(lambda: receiver.numbers == [1, 2])
        assert receiver.connections == 1
        await until(lambda: pusher.spool.status().waiting_batches == 0)
        pusher.uplink.reconnect()
        pusher.make(3)
        await receiver.until(lambda: receiver.numbers == [1, 2, 3])
        assert receiver.connections == 2
        pusher.make(4)
        await receiver.until(lambda: receiver.numbers == [1, 2, 3, 4])
        assert receiver.connections == 2, "once"
