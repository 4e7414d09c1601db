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
    Symptom.DEVICE_FILTERS_ANSWERS: Sentence(
        headline=Text("{Line} không đo được", "{Line} cannot be measured"),
        situation=Text(
            "Thiết bị giám sát tự bỏ các gói trả lời của {line} (rp_filter), nên không biết {line} "
            "có hoạt động hay không. Lỗi ở cấu hình thiết bị, không phải ở nhà mạng.",
            "The monitoring device itself drops the answers that come over {line} (rp_filter), so "
            "it is not known whether {line} works. The device's settings are at fault, not the "
            "carrier.",
        ),
        advice=Text(
            "Người quản trị: đặt net.ipv4.conf.all.rp_filter=2. {support}",
            "Administrator: set net.ipv4.conf.all.rp_filter=2. {support}",
        ),
    ),
    Symptom.LINK_REACHES_NO_SERVICE: Sentence(
        headline=Text("{Line} không tới được dịch vụ nào", "{Line} reaches no service"),
        situation=Text(
            "Qua {line}{circuit} không mở được dịch vụ nào{since}, trong khi đường kia mở được. "
            "Chưa thể biết lỗi ở nhà mạng hay ở phía các dịch vụ.",
            "No service has been reached over {line}{circuit}{since}, while another line reaches "
            "them. It cannot be told yet whether the carrier or the services are at fault.",
        ),
        advice=Text(
            "Hãy dùng đường còn lại. Thiết bị tiếp tục đo. {support}",
            "Use the other line. The device measures further. {support}",
        ),
    ),
    Symptom.SLOW_CAUSE_UNKNOWN: Sentence(
        headline=Text("{Line} chậm, chưa rõ nguyên nhân", "{Line} is slow, cause not known yet"),
        situation=Text(
            "{Line}{circuit} chậm{since}. Chưa phân biệt được do máy tại điểm đang tải dữ liệu lớn "
            "hay do đường truyền.",
            "{Line}{circuit} has been slow{since}. It cannot be told yet whether a big transfer at "
            "the point or the line is the reason.",
        ),
        advice=Text(
            "Hãy tạm dừng việc tải, gửi tệp lớn rồi xem lại sau một phút. {support}",
            "Pause big downloads and uploads, then look again after a minute. {support}",
        ),
    ),
    Symptom.CONNECTION_INTERCEPTED: Sentence(
        headline=Text("{Line}: kết nối bị can thiệp", "{Line}: connections are intercepted"),
        situation=Text(
            "Qua {line}, mọi dịch vụ đều đưa ra chứng thư của cùng một bên lạ{since}: có thiết bị "
            "trên đường can thiệp vào kết nối. Chưa biết thiết bị đó của ai.",
            "Over {line} every service shows a certificate of the same unknown issuer{since}: "
            "something on the way intercepts connections. It is not known whose it is.",
        ),
        advice=Text(
            "Không nhập mật khẩu, không bỏ qua cảnh báo của trình duyệt. {support}",
            "Do not type passwords and do not click past the browser's warning. {support}",
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
