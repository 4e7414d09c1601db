"""From a person to the answer of a push, and what came of it back to the page and the shell."""

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.app.stage import PASSWORD, SITE, NotifyingStack
from tests.collector.batches import series
from tests.collector.running import WITHIN_S, Pusher, eventually
from tests.collector.web.incident.test_routes import command
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store.test_requests import AT_ONCE
from thongsuot_collector.store.test_requests import RequestedTest as StoredTestRequest
from thongsuot_collector.web.test_request.page import describe_result
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.push import PushResponse, TestRequest
from thongsuot_schema.catalogue import path
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, failed_finding, ok_finding
from thongsuot_schema.view import TestRun

PAGE = f"/sites/{SITE}/tests"
HOP = series(path.KIND, target="exchange")
FAR = series(path.KIND, target="abroad")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def clerk(stage: NotifyingStack) -> tuple[str, str]:
    status, secret = await command(stage, "person", "add", "lan", "--title", "Trần Thị Lan")
    assert status == 0, secret
    return "lan", secret.strip()


def test_figures_of_an_answer_are_shown_in_the_units_that_people_read() -> None:
    values = {"throughput_down_bytes_per_second": 93.4e6 / 8, "path_hops": 7.0}
    run = TestRun(link="fiber", target="", family="ip4", outcome="ok", values=values)
    ask = StoredTestRequest(
        id="1",
        site=SITE,
        kind="throughput",
        link="fiber",
        target="",
        requested_by="lan",
        requested_ns=1,
        expires_ns=2,
        results=msgspec.json.encode([run]),
    )
    (line,) = describe_result(ask, InventoryDirectory(Inventory()), "en")
    assert "down 93.4 Mbit/s" in line
    assert "7 hops" in line


async def push(
    stage: NotifyingStack,
    code: NoticeCode | None = None,
    text: str = "",
    results: Sequence[Result] = (),
    *more: tuple[NoticeCode, str],
) -> tuple[TestRequest, ...]:
    """Push as the agent does; return what the answer asks for."""
    now_ns = time.time_ns() - stage.agent.sealer.epoch_ns
    notice_words = more if code is None else ((code, text), *more)
    notices = [
        Notice(code=notice_code, boottime_ns=now_ns, text=words)
        for notice_code, words in notice_words
    ]
    batch = stage.agent.sealer.batch(now_ns, list(results), notices=notices)
    async with httpx.AsyncClient(
        base_url=stage.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:
        pusher = Pusher(client, stage.agent.sealer, stage.agent.secret)
        response = await pusher.batch(batch, boottime_ns=now_ns)
    assert response.status_code == 200, response.text
    return msgspec.json.decode(response.content, type=PushResponse).test_requests


def runs(stage: NotifyingStack) -> list[Result]:
    now_ns = time.time_ns() - stage.agent.sealer.epoch_ns
    good = ok_finding({path.HOPS: 7.0, path.RTT: 0.0213})
    return [
        Result(series=HOP, boottime_ns=now_ns, finding=good),
        Result(series=FAR, boottime_ns=now_ns, finding=failed_finding(Reason.TIMED_OUT)),
    ]


async def test_a_clerk_asks_and_sees_how_far_it_is(stage: NotifyingStack) -> None:
    lan = await clerk(stage)
    site_page = (await stage.get(f"/sites/{SITE}")).text
    assert f'href="{PAGE}?lang=vi"' in site_page
    assert "Đo ngay" in site_page
    form = await stage.ask("GET", PAGE, auth=lan)
    assert 'value="path">Kiểm tra tuyến kết nối' in form.text
    sent = {"id": "0123456789abcdef", "kind": "path", "link": "fiber"}
    for _ in range(2):  # pressed twice
        assert (await stage.ask("POST", PAGE, auth=lan, form=sent)).status_code == 303
    page = (await stage.ask("GET", PAGE, auth=lan)).text
    assert page.count("đang chờ thiết bị") == 1
    assert "Trần Thị Lan" in page
    (asked,) = await push(stage)
    assert asked == TestRequest(id=sent["id"], kind="path", link="fiber")
    await push(stage, NoticeCode.TEST_ACCEPTED, asked.id)

    async def shows(text: str) -> bool:
        return text in (await stage.ask("GET", PAGE, auth=lan)).text

    await eventually(lambda: shows("đang đo"))
    assert await push(stage) == (), "it is not asked for again"
    good, bad = runs(stage)
    await push(stage, NoticeCode.TEST_COMPLETED, asked.id, [good])
    await eventually(lambda: shows("đã xong"))
    await push(stage, results=[bad])  # the newest batch comes first, this was on the disk
    await eventually(lambda: shows("abroad"))
    page = (await stage.ask("GET", PAGE, auth=lan)).text
    assert "Đường cáp quang VNPT, exchange IPv4: đạt; 7 chặng; 21 ms" in page
    assert "Đường cáp quang VNPT, abroad IPv4: hỏng (không phản hồi)" in page
    await stage.crash()
    assert "đã xong" in (await stage.ask("GET", PAGE, auth=lan)).text
    assert await push(stage) == ()


async def test_tests_are_offered_only_if_somebody_may_request_them(stage: NotifyingStack) -> None:
    assert PAGE not in (await stage.get(f"/sites/{SITE}")).text
    asked = await stage.get(PAGE)
    assert (asked.status_code, "person add" in asked.text) == (404, True)
    await clerk(stage)
    assert PAGE in (await stage.get(f"/sites/{SITE}")).text


async def test_a_refusal_is_shown_in_words(stage: NotifyingStack) -> None:
    lan = await clerk(stage)
    form = {"kind": "throughput"}
    assert (await stage.ask("POST", PAGE, auth=lan, form=form)).status_code == 303
    (asked,) = await push(stage)
    refusal = f"{asked.id} budget mobile: 3.0 MB left, takes 60.0 MB"
    await push(stage, NoticeCode.TEST_REFUSED, refusal)

    async def is_refused() -> bool:
        text = (await stage.ask("GET", PAGE, auth=lan)).text
        return "dung lượng còn lại trong tháng không đủ (mobile: 3.0 MB left" in text

    await eventually(is_refused)


async def test_only_permitted_people_may_request_tests_and_only_so_often(
    stage: NotifyingStack,
) -> None:
    lan = await clerk(stage)
    form = {"kind": "path"}
    for stranger in (None, ("ai", PASSWORD), ("lan", "tsp_x")):
        for method in ("GET", "POST"):
            assert (await stage.ask(method, PAGE, auth=stranger, form=form)).status_code == 401
    other = {"Sec-Fetch-Site": "cross-site"}
    refused = await stage.ask("POST", PAGE, auth=lan, headers=other, form=form)
    assert refused.status_code == 403
    for wrong in (
        {"kind": "icmp"},
        {"kind": "path", "link": "satellite"},
        {"kind": "path", "target": "203.0.113.9"},
        {"kind": "path", "id": "<b>"},
        {},
    ):
        assert (await stage.ask("POST", PAGE, auth=lan, form=wrong)).status_code == 422, wrong
    long = {"kind": "path", "link": "x" * 5000}
    assert (await stage.ask("POST", PAGE, auth=lan, form=long)).status_code == 413
    assert (await stage.ask("GET", "/sites/nowhere/tests", auth=lan)).status_code == 404
    assert await push(stage) == ()
    wishes = [{"kind": kind, "link": link} for kind in ("path", "http") for link in ("", "fiber")]
    wishes += [{"kind": kind} for kind in ("radio", "throughput")]
    assert len(wishes) == AT_ONCE
    for wish in wishes:
        assert (await stage.ask("POST", PAGE, auth=lan, form=wish)).status_code == 303
    more = {"kind": "radio", "link": "fiber"}
    assert (await stage.ask("POST", PAGE, auth=lan, form=more)).status_code == 429
    assert len(await push(stage)) == AT_ONCE


async def test_the_command_line_asks_a_running_collector(
    stage: NotifyingStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text = await command(
        stage, "request-test", SITE, "path", "--link", "fiber", "--id", "one"
    )
    assert (status, text) == (0, "one: waiting\n")
    requests: list[TestRequest] = []

    async def is_asked() -> bool:
        requests[:] = await push(stage)
        return bool(requests)

    await eventually(is_asked)
    assert requests == [TestRequest(id="one", kind="path", link="fiber")]
    await push(stage, NoticeCode.TEST_ACCEPTED, "one")
    await push(stage, NoticeCode.TEST_COMPLETED, "one", runs(stage))

    async def is_done() -> bool:
        status, text = await command(
            stage, "request-test", SITE, "path", "--link", "fiber", "--id", "one", "--wait"
        )
        assert status == 0, text
        return "one: done" in text and "fiber abroad ip4: failed (timed_out)" in text

    await eventually(is_done)
    with monkeypatch.context() as vietnamese:
        vietnamese.delenv("LANGUAGE", raising=False)
        vietnamese.setenv("LC_ALL", "vi_VN.UTF-8")
        again = ("--link", "fiber", "--id", "one", "--wait")
        _, text = await command(stage, "request-test", SITE, "path", *again)
        assert "fiber abroad IPv4: không đạt (không phản hồi)" in text
    for wrong, why in (
        (("hoan-kie", "path"), "no site 'hoan-kie'"),
        ((SITE, "path", "--link", "fibre"), "no link 'fibre'"),
        ((SITE, "path", "--target", "x"), "no target 'x'"),
        ((SITE, "icmp"), "invalid choice"),
    ):
        status, text = await command(stage, "request-test", *wrong)
        assert (status, why in text) == (2, True), text


async def test_a_test_requested_at_the_point_is_shown_and_requested_from_nobody(
    stage: NotifyingStack,
) -> None:
    lan = await clerk(stage)
    # The newest batch comes first: the end is known before the beginning.
    good, _ = runs(stage)
    await push(
        stage,
        NoticeCode.TEST_REQUESTED_LOCALLY,
        "aaaa path",
        [good],
        (NoticeCode.TEST_COMPLETED, "aaaa"),
    )

    async def is_done() -> bool:
        return "đã xong" in (await stage.ask("GET", PAGE, auth=lan)).text

    await eventually(is_done)
    assert (
        await push(
            stage,
            NoticeCode.TEST_REQUESTED_LOCALLY,
            "aaaa path",
            [],
            (NoticeCode.TEST_ACCEPTED, "aaaa"),
        )
        == ()
    )
    assert await push(stage, NoticeCode.TEST_REQUESTED_LOCALLY, "<b> path") == ()
    assert await push(stage, NoticeCode.TEST_REQUESTED_LOCALLY, "bbbb icmp") == ()
    page = (await stage.ask("GET", PAGE, auth=lan)).text
    assert (page.count(">tại điểm</td>"), page.count("đang đo")) == (1, 0)
    assert "Đường cáp quang VNPT, exchange IPv4: đạt; 7 chặng; 21 ms" in page
