"""Sentences for what is wrong with the device, and for when nothing is known."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

BY_STATE: Final[dict[State, Sentence]] = {
    State.UP: Sentence(
        headline=Text("{Line} hoạt động bình thường", "{Line} is working normally"),
        situation=Text("{Line} hoạt động bình thường.", "{Line} is working normally."),
        advice=Text("Không cần làm gì.", "Nothing to do."),
    ),
    State.DEGRADED: Sentence(
        headline=Text("{Line} chậm/chập chờn", "{Line} is slow or unstable"),
        situation=Text(
            "{Line}{circuit} chậm hoặc chập chờn{since}. Chưa xác định được lỗi nằm ở đâu.",
            "{Line}{circuit} has been slow or unstable{since}. It is not yet known where the "
            "fault is.",
        ),
        advice=Text(
            "Hãy chờ vài phút để thiết bị đo thêm. {support}",
            "Wait a few minutes while the device measures further. {support}",
        ),
    ),
    State.DOWN: Sentence(
        headline=Text("{Line} mất kết nối", "{Line} is disconnected"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since}. Chưa xác định được lỗi nằm ở đâu.",
            "{Line}{circuit} has been disconnected{since}. It is not yet known where the fault is.",
        ),
        advice=Text(
            "Hãy kiểm tra nguồn điện và dây mạng trước. {support}",
            "Check power and cables first. {support}",
        ),
    ),
    State.UNKNOWN: Sentence(
        headline=Text("Chưa có dữ liệu về {line}", "No data yet on {line}"),
        situation=Text(
            "Chưa có kết quả đo nào về {line} để kết luận.",
            "There is no measurement of {line} yet to judge by.",
        ),
        advice=Text(
            "Hãy chờ khoảng một phút rồi xem lại trang này.",
            "Wait about a minute, then look at this page again.",
        ),
    ),
}
"""What is said where a verdict names no symptom."""

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.POWER_LOST: Sentence(
        headline=Text("Mất điện tại điểm phục vụ", "The power is out at the service point"),
        situation=Text(
            "{Line}{circuit} mất kết nối{since} vì mất điện: bộ lưu điện (UPS) đang chạy bằng ắc "
            "quy và {box} không còn điện.",
            "{Line}{circuit} has been disconnected{since} because the power is out: the UPS runs "
            "on its battery and {box} has no power.",
        ),
        advice=Text(
            "Hãy kiểm tra nguồn điện và cầu dao; cắm {box} vào UPS để lần sau không bị ngắt. "
            "{support}",
            "Check the mains and the fuses; put {box} behind the UPS for the next time. {support}",
        ),
    ),
    Symptom.NOT_YET_MEASURED: Sentence(
        headline=Text("{Line} chưa được đo", "{Line} has not been measured yet"),
        situation=Text(
            "Thiết bị giám sát vừa khởi động và chưa đo xong {line}.",
            "The monitoring device has just started and has not finished measuring {line}.",
        ),
        advice=Text(
            "Hãy chờ khoảng một phút rồi xem lại trang này.",
            "Wait about a minute, then look at this page again.",
        ),
    ),
    Symptom.AGENT_SILENT: Sentence(
        headline=Text("Thiết bị giám sát mất liên lạc", "Monitoring device not reporting"),
        situation=Text(
            "Trung tâm không nhận được dữ liệu của thiết bị giám sát{since}. Chưa biết {line} có "
            "hoạt động hay không: có thể điểm mất điện, có thể mất cả các đường truyền.",
            "The centre has received nothing from the monitoring device{since}. It is not known "
            "whether {line} is working: the point may have no power, or no working line at all.",
        ),
        advice=Text(
            "Hãy kiểm tra thiết bị giám sát tại điểm có điện và đèn báo có sáng không. {support}",
            "Check at the point that the monitoring device has power and its lamp is lit. "
            "{support}",
        ),
    ),
    Symptom.DEVICE_OVERLOADED: Sentence(
        headline=Text("Thiết bị giám sát quá tải", "Monitoring device overloaded"),
        situation=Text(
            "Thiết bị giám sát đang quá tải, nên kết quả đo {line} lúc này không đủ tin cậy.",
            "The monitoring device is overloaded, so what it measures of {line} cannot be relied "
            "on now.",
        ),
        advice=Text(
            "Hãy rút nguồn thiết bị giám sát, chờ 10 giây rồi cắm lại. {support}",
            "Unplug the monitoring device, wait 10 seconds, then plug it in again. {support}",
        ),
    ),
    Symptom.DEVICE_OFF: Sentence(
        headline=Text("Thiết bị giám sát tắt nguồn", "Monitoring device without power"),
        situation=Text(
            "Thiết bị giám sát đã tắt{since}, nhiều khả năng do mất điện tại điểm.",
            "The monitoring device has been off{since}, most likely because the point has no "
            "power.",
        ),
        advice=Text(
            "Hãy kiểm tra nguồn điện, ổ cắm và công tắc. Có điện trở lại, thiết bị tự hoạt động, "
            "không cần bấm gì thêm. {support}",
            "Check the mains, the socket and the switch. Once there is power again the device "
            "starts by itself. {support}",
        ),
    ),
}
