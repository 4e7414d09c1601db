"""Why a device is not enrolled: what its installer reads, in both languages."""

import argparse
from pathlib import Path

import msgspec
import pytest

from tests.agent.cli.conftest import InBoth
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.enrol import enrol, not_enrolled
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_runtime.terminal import localized
from thongsuot_schema.enrolment import EnrolmentRefusalReason, EnrolmentResponse

URLS = ("https://collector.example:8480",)


def refused(reason: str, sentence: str, wait: str = "") -> PostResponse:
    answer = EnrolmentResponse(error=sentence, reason=reason)
    return PostResponse(status=403, body=msgspec.json.encode(answer), retry_after=wait)


def test_each_answer_of_the_collector_is_read_in_vietnamese(in_both: InBoth) -> None:
    answers = [refused(reason, f"{reason.value} code") for reason in EnrolmentRefusalReason]
    answers.append(refused("too_often", "too many codes came", "30"))
    text, common = in_both(
        lambda: "\n".join(localized(not_enrolled(answer, URLS)) for answer in answers)
    )
    assert common == set()
    assert "chưa ghi danh được: mã này đã hết hạn; hãy xin mã mới\n" in text
    assert text.endswith("quá nhiều mã sai gửi tới trung tâm; hãy thử lại sau 30 giây")


def test_a_collector_that_names_no_reason_is_quoted(in_both: InBoth) -> None:
    """As an earlier one does, or a later one that knows more reasons."""
    named = [refused(reason, "not today") for reason in ("", "moonless_night")]
    text, _ = in_both(lambda: "\n".join(localized(not_enrolled(each, URLS)) for each in named))
    assert text.splitlines() == ["chưa ghi danh được: not today"] * 2


def test_a_collector_that_does_not_answer_is_named_with_the_cause(in_both: InBoth) -> None:
    silent = (
        PostResponse(status=200, body=b"<html>log in here</html>"),
        PostResponse(status=0, problem="Could not resolve host", curl_code=6),
        PostResponse(status=0, problem="Failed to connect", curl_code=7, system_errno=111),
        PostResponse(status=0, problem="self-signed certificate", curl_code=60),
    )
    text, common = in_both(
        lambda: "\n".join(localized(not_enrolled(each, URLS)) for each in silent)
    )
    assert common == set()
    for cause in (
        "máy chủ trả lời (mã 200) không phải là trung tâm",
        "không tra được địa chỉ của tên này",
        "từ chối kết nối",
        "chứng thư số không tin cậy",
    ):
        assert f"{URLS[0]}: {cause}; mã có thể vẫn dùng được: hãy chạy lại lệnh này" in text


def test_what_is_missing_on_the_command_line_is_said_without_english(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], in_both: InBoth
) -> None:
    token = str(tmp_path / "token")
    given = (
        {"collector": "", "token_file": token},
        {"collector": "http://192.0.2.1", "token_file": token},
        {"collector": URLS[0], "token_file": ""},
    )
    nothing = {"config": str(tmp_path / "absent"), "state_dir": "", "ca_file": "", "json": False}

    def incomplete() -> str:
        for options in given:
            assert enrol(argparse.Namespace(**nothing, **options)) == WRONG
        lost = {"collector": "http://127.0.0.1:1", "token_file": str(tmp_path / "no" / "token")}
        assert enrol(argparse.Namespace(**nothing, **lost, code="TSE")) == 1
        return capsys.readouterr().err

    text, common = in_both(incomplete)
    assert common <= {"https"}
    assert "http://192.0.2.1: không được gửi mã khi chưa mã hóa; hãy dùng https\n" in text
    assert text.endswith("/no/token.enrolling.half: không có tệp hoặc thư mục này\n")
