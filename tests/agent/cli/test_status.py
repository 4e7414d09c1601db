"""The status as a person at a shell reads it."""

import asyncio
import sys

import msgspec
import pytest

from thongsuot_agent.cli import status as status_command
from thongsuot_agent.cli.status import certificate_line, show_status, text_of
from thongsuot_agent.page import server as page_server
from thongsuot_agent.page.request import HttpPage, HttpRequest
from thongsuot_agent.page.server import LocalPageServer
from thongsuot_agent.status import (
    AgentStatus,
    CollectorStatus,
    LinkStatus,
    RecordStatus,
    SamplingStatus,
    TaskStatus,
    VerdictStatus,
)
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

STATUS = AgentStatus(
    version="0.1.0",
    site="ba-dinh",
    now_s=1_800_000_000,
    clock_trusted=False,
    started_s=1_800_000_000 - 7200,
    results=1234,
    links=(
        LinkStatus(
            name="fiber",
            interface="eth0",
            medium="fiber",
            via="own",
            present=True,
            carrier=True,
            addresses=("192.168.1.10",),
            gateways=("192.168.1.1",),
            resolvers=("192.168.1.1",),
            allowance_bytes=None,
            spent_bytes=None,
        ),
        LinkStatus(
            name="mobile",
            interface="wwan0",
            medium="5g",
            via="own",
            present=False,
            carrier=False,
            addresses=(),
            gateways=(),
            resolvers=(),
            allowance_bytes=500_000_000,
            spent_bytes=1_500_000,
        ),
    ),
    verdicts=(
        VerdictStatus(
            link="fiber",
            service="",
            state=State.DOWN,
            segment=Segment.ACCESS,
            symptom=Symptom.ACCESS_SILENT,
            since_s=1_800_000_000 - 90,
        ),
        VerdictStatus(
            link="",
            service="portal",
            state=State.UP,
            segment=None,
            symptom=Symptom.NONE,
            since_s=None,
        ),
    ),
    record=RecordStatus(
        waiting_batches=3,
        waiting_results=120,
        disk_bytes=40_960,
        dropped_results=7,
        dropped_batches=0,
        rejected_batches=1,
        in_memory_only=False,
        disk_refuses=True,
    ),
    collector=CollectorStatus(
        url="https://collector.example",
        reachable=False,
        acknowledged_s_ago=None,
        problem="timed out",
        link="",
    ),
    tasks=(TaskStatus(name="page", restarts=2, error="OSError: in use"),),
)


def test_a_status_says_which_of_the_collectors_addresses_took_the_record() -> None:
    def line(answering_url: str) -> str:
        collector = msgspec.structs.replace(
            STATUS.collector,
            url="https://one.example/",
            reachable=True,
            acknowledged_s_ago=3.0,
            answering_url=answering_url,
        )
        text = text_of(msgspec.structs.replace(STATUS, collector=collector))
        return next(line for line in text.splitlines() if line.startswith("collector:"))

    assert line("https://one.example") == "collector: https://one.example took the record 3 s ago"
    assert line("https://two.example") == (
        "collector: https://two.example took the record 3 s ago in place of https://one.example/"
    )


def test_a_status_shows_version_clock_links_and_record() -> None:
    text = text_of(STATUS)
    for line in (
        "ba-dinh: thongsuot-agent 0.1.0, up 2 h",
        "clock: WRONG; times are corrected where the collector has told the hour",
        (
            "  fiber: DOWN in access (access_silent) for 90 s (fiber on eth0, 192.168.1.10, via"
            " 192.168.1.1)"
        ),
        (
            "  mobile: not judged yet (5g on wwan0, no such interface, used 1.5 of 500.0 MB this"
            " month)"
        ),
        "  portal: site up",
        "collector: https://collector.example NOT reached: timed out",
        (
            "record: 3 batches wait (120 results), 40 KiB on disk, 7 results dropped, 1 batches"
            " refused"
        ),
        "record: the disk REFUSES writes; a crash or power cut may lose results",
        "task page: restarted 2 times, last: OSError: in use",
    ):
        assert line in text.splitlines()


def test_a_status_is_in_the_language_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGUAGE", raising=False)
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    lines = text_of(STATUS).splitlines()
    for line in (
        "ba-dinh: thongsuot-agent 0.1.0, đã chạy 2 giờ",
        "đồng hồ: SAI; giờ được hiệu chỉnh khi trung tâm đã cho biết giờ",
        (
            "  fiber: MẤT KẾT NỐI ở đoạn đường truyền của nhà mạng tới điểm (đường truyền mất kết"
            " nối), đã 90 giây (cáp quang trên eth0, 192.168.1.10, qua 192.168.1.1)"
        ),
        "  portal: điểm tốt",
        "trung tâm: KHÔNG liên lạc được https://collector.example: timed out",
    ):
        assert line in lines


async def test_a_running_agent_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, limit in ((page_server, "_EXCHANGE_S"), (status_command, "_TIMEOUT_S")):
        monkeypatch.setattr(module, limit, 180.0)  # a busy machine may take long for an exchange

    def page_for(request: HttpRequest) -> HttpPage:
        assert request.path == "/status.json"
        return HttpPage(body=msgspec.json.encode(STATUS), content_type="application/json")

    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = LocalPageServer(page_for)
    task = asyncio.ensure_future(
        server.run("127.0.0.1:0", lambda _, number: port.set_result(number))
    )
    address = f"0.0.0.0:{await port}"
    assert await asyncio.to_thread(show_status, "", address, is_json=False) == 0
    assert capsys.readouterr().out == text_of(STATUS)
    assert await asyncio.to_thread(show_status, "", address, is_json=True) == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=AgentStatus) == STATUS
    task.cancel()
    await asyncio.wait([task])


async def test_text_of_a_server_does_not_control_the_terminal() -> None:
    said = "busy\x1b]0;owned\x07\x1b[2J\x9b1m\u202e"
    collector = msgspec.structs.replace(STATUS.collector, problem=said)
    status = msgspec.json.encode(msgspec.structs.replace(STATUS, collector=collector))
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = LocalPageServer(lambda _: HttpPage(body=status, content_type="application/json"))
    task = asyncio.ensure_future(
        server.run("127.0.0.1:0", lambda _, number: port.set_result(number))
    )
    command = ["thongsuot_agent.cli.main", "status", "--address", f"127.0.0.1:{await port}"]
    printed = ""
    for more in ([], ["--json"]):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *command, *more, stdout=asyncio.subprocess.PIPE
        )
        printed = (await process.communicate())[0].decode()
        assert process.returncode == 0
        assert "busy\\u001b]0;owned\\u0007\\u001b[2J\\u009b1m\\u202e" in printed
        assert {letter for letter in printed if not letter.isprintable()} == {"\n"}
    assert msgspec.json.decode(printed, type=AgentStatus).collector.problem == said
    task.cancel()
    await asyncio.wait([task])


def test_an_agent_that_does_not_answer_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_status("", "127.0.0.1:1", is_json=False) == 1
    assert "no answer from the agent at 127.0.0.1:1" in capsys.readouterr().err
    assert show_status("", "nonsense", is_json=False) == 2


def test_the_progress_of_the_months_samples_is_reported() -> None:
    sampling = SamplingStatus(
        link="fiber",
        month="2026-11",
        wanted=1000,
        down_samples=312,
        up_samples=0,
        down_mean_bits_per_second=93.25e6,
        up_mean_bits_per_second=None,
        hours=24,
    )
    output = text_of(msgspec.structs.replace(STATUS, sampling=(sampling,)))
    assert (
        "rate samples fiber 2026-11: down 312 (mean 93.2 Mbit/s), up 0, of 1000 each;"
        " at 24 of 24 hours\n"
    ) in output


@pytest.mark.parametrize(
    ("left_s", "problem", "line"),
    [
        (None, "", ""),
        (None, "no key", "certificate: PROBLEM: no key"),
        (30 * 86_400.0, "", "certificate: good for 30 days"),
        (86_400.0, "no link", "certificate: good for 1 days; PROBLEM: no link"),
        (-1.0, "", "certificate: has RUN OUT"),
    ],
)
def test_the_certificate_has_its_line_where_there_is_one(
    left_s: float | None, problem: str, line: str
) -> None:
    expiry_s = None if left_s is None else STATUS.now_s + left_s
    collector = msgspec.structs.replace(
        STATUS.collector, certificate_expiry_s=expiry_s, certificate_problem=problem
    )
    assert certificate_line(collector, STATUS.now_s) == line
    text = text_of(msgspec.structs.replace(STATUS, collector=collector))
    assert (f"\n{line}\n" in text) == bool(line)
    assert ("certificate" in text) == bool(line)
