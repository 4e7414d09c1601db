"""What lights, parties, channels and evidence are called."""

import pytest

from tests.schema.page.healthy_site import fibre, services
from thongsuot_schema.catalogue import http, snmp
from thongsuot_schema.metric import Metric
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.verdict import Evidence
from thongsuot_schema.words.evidence import evidence_outcome, evidence_subject, metric_value
from thongsuot_schema.words.language import join_list
from thongsuot_schema.words.states import channel_title, party_title
from thongsuot_schema.words.titles import subject_phrase, subject_title


def test_a_link_without_a_title_is_called_by_medium_and_carrier() -> None:
    assert subject_title(fibre(), "vi") == "Đường cáp quang VNPT"
    assert subject_title(fibre(), "en") == "VNPT fibre line"
    assert subject_title(fibre(carrier=""), "en") == "Fibre line"
    assert subject_phrase(fibre(), "en") == "the VNPT fibre line"


def test_a_title_that_was_given_stands() -> None:
    own = fibre(title_vi="Đường chính", title_en="Primary link")
    assert (subject_title(own, "vi"), subject_title(own, "en")) == ("Đường chính", "Primary link")


def test_a_service_with_one_title_is_called_by_it_in_both_languages() -> None:
    only_vi = services(title_en="")[0]
    assert subject_title(only_vi, "en") == "Cổng Dịch vụ công quốc gia"
    nameless = services(title_en="", title_vi="")[0]
    assert subject_title(nameless, "vi") == "dvcqg"


def test_a_carrier_is_called_by_its_name_and_a_stranger_by_his() -> None:
    assert party_title(Party.CARRIER, "VNPT", "vi") == "Nhà mạng VNPT"
    assert party_title(Party.CARRIER, "VNPT", "en") == "VNPT"
    assert party_title(Party.CARRIER, "", "vi") == "Nhà mạng"
    assert party_title(Party.COMMUNE, "VNPT", "vi") == "Cán bộ tại điểm"
    assert party_title("Tổ ứng cứu công nghệ", "", "vi") == "Tổ ứng cứu công nghệ"
    assert channel_title("email", "vi") == "thư điện tử"
    assert channel_title("ntfy", "vi") == "ntfy"


def test_a_list_in_running_text_has_its_last_joint_in_the_language() -> None:
    assert join_list([], "vi") == ""
    assert join_list(["a"], "vi") == "a"
    assert join_list(["a", "b", "c"], "vi") == "a, b và c"
    assert join_list(["a", "b"], "en") == "a and b"


def test_evidence_is_read_with_its_counts_reason_and_limit() -> None:
    silent = Evidence(
        kind="icmp",
        target="first-hop",
        family=Family.IP4,
        segment=Segment.ACCESS,
        reason=Reason.TIMED_OUT,
        ok=2,
        failed=28,
        unmeasured=1,
    )
    assert evidence_subject(silent, {}, "vi") == "Ping tới thiết bị đầu tiên của nhà mạng (IPv4)"
    titles = {"first-hop": "VNPT's router"}
    assert evidence_subject(silent, titles, "en") == (
        "Ping to VNPT's router (IPv4) · Carrier's line to the point"
    )
    assert evidence_outcome(silent, "vi") == ("2/30 lần có phản hồi, 1 lần chưa đo được")
    slow = Evidence(kind="icmp", metric="icmp_rtt_seconds", value=0.214, limit=0.05)
    assert evidence_subject(slow, {}, "en") == "Ping"
    assert evidence_outcome(slow, "en") == "214 ms (limit 50 ms)"
    assert metric_value("icmp_loss_ratio", 0.025, "vi") == "2,5 %"
    assert metric_value("icmp_reply_hop_limit_number", 57.0, "vi") == "57"


@pytest.mark.parametrize(
    ("metric", "value", "vi", "en"),
    [
        (snmp.OPTICAL_LOST, 1.0, "mất tín hiệu quang (LOS)", "no light (LOS)"),
        (snmp.OPTICAL_LOST, 0.0, "có tín hiệu quang", "light received"),
        (snmp.ON_BATTERY, 1.0, "chạy ắc quy", "on battery"),
        (snmp.ON_BATTERY, 0.0, "điện lưới", "mains"),
    ],
)
def test_a_condition_is_read_in_words(metric: Metric, value: float, vi: str, en: str) -> None:
    evidence = Evidence(kind="snmp", metric=metric.name, value=value)
    assert (evidence_outcome(evidence, "vi"), evidence_outcome(evidence, "en")) == (vi, en)


def test_the_status_of_a_portal_is_reported_with_the_count_of_its_pages() -> None:
    refused = Evidence(
        kind="http", target="dvcqg", outcome=Outcome.FAILED, reason=Reason.STATUS_UNEXPECTED,
        failed=12, metric=http.STATUS.name, value=503.0,
    )  # fmt: skip
    assert evidence_outcome(refused, "vi") == "0/12 lần đạt, hệ thống trả mã lỗi HTTP 503"
    assert evidence_outcome(refused, "en") == "0 of 12 good, HTTP status 503"
