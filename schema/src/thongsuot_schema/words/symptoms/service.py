"""Sentences for faults of an online service itself: its operator acts."""

from typing import Final

from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.sentence import Sentence

_WAIT: Final = Text(
    "Không cần sửa gì tại điểm. Hãy thử lại sau ít phút. {support}",
    "Nothing to repair at the point. Try again in a few minutes. {support}",
)
_DO_NOT_TRUST: Final = Text(
    "Không bấm bỏ qua cảnh báo của trình duyệt, không nhập mật khẩu. {support}",
    "Do not click past the browser's warning and do not type a password. {support}",
)

BY_STATE: Final[dict[State, Sentence]] = {
    State.UP: Sentence(
        headline=Text("{Service} truy cập được", "{Service} is reachable"),
        situation=Text("{Service} truy cập được.", "{Service} is reachable."),
        advice=Text("Không cần làm gì.", "Nothing to do."),
    ),
    State.DEGRADED: Sentence(
        headline=Text("{Service} chậm/chập chờn", "{Service} is slow or unstable"),
        situation=Text(
            "{Service} chậm hoặc chập chờn{since}.", "{Service} has been slow or unstable{since}."
        ),
        advice=Text(
            "Hãy chờ vài phút để thiết bị đo thêm. {support}",
            "Wait a few minutes while the device measures further. {support}",
        ),
    ),
    State.DOWN: Sentence(
        headline=Text("{Service} không truy cập được", "{Service} is not reachable"),
        situation=Text(
            "Không truy cập được {service}{since}. Chưa xác định được lỗi nằm ở đâu.",
            "{Service} has not been reachable{since}. It is not yet known where the fault is.",
        ),
        advice=Text(
            "Hãy chờ vài phút để thiết bị đo thêm. {support}",
            "Wait a few minutes while the device measures further. {support}",
        ),
    ),
    State.UNKNOWN: Sentence(
        headline=Text("Chưa có dữ liệu về {service}", "No data yet on {service}"),
        situation=Text(
            "Chưa có kết quả đo nào về {service} để kết luận.",
            "There is no measurement of {service} yet to judge by.",
        ),
        advice=Text(
            "Hãy chờ khoảng một phút rồi xem lại trang này.",
            "Wait about a minute, then look at this page again.",
        ),
    ),
}
"""What is said where a verdict on a service names no symptom."""

BECAUSE_OF_THE_LINK: Final[dict[State, Sentence]] = {
    State.UP: BY_STATE[State.UP],
    State.DEGRADED: Sentence(
        headline=Text("{Service} chậm do đường truyền", "{Service} is slow because of the line"),
        situation=Text(
            "{Service} chậm hoặc chập chờn{since} do đường truyền của điểm, không phải do hệ "
            "thống này.",
            "{Service} has been slow or unstable{since} because of the point's line, not because "
            "of the service.",
        ),
        advice=Text(
            "Hãy làm theo hướng dẫn ở mục đường truyền.",
            "Follow what is said under the lines of this point.",
        ),
    ),
    State.DOWN: Sentence(
        headline=Text(
            "{Service} không truy cập được do đường truyền",
            "{Service} is not reachable because of the line",
        ),
        situation=Text(
            "Không truy cập được {service}{since} do đường truyền của điểm mất kết nối, không "
            "phải do hệ thống này.",
            "{Service} has not been reachable{since} because the point's line is out, not because "
            "of the service.",
        ),
        advice=Text(
            "Hãy làm theo hướng dẫn ở mục đường truyền.",
            "Follow what is said under the lines of this point.",
        ),
    ),
    State.UNKNOWN: Sentence(
        headline=BY_STATE[State.UNKNOWN].headline,
        situation=Text(
            "Chưa đo được {service}{since} vì đường truyền hoặc thiết bị của điểm đang có sự cố.",
            "{Service} could not be measured{since} because of a fault of the point's line or "
            "device.",
        ),
        advice=Text(
            "Hãy làm theo hướng dẫn ở mục đường truyền.",
            "Follow what is said under the lines of this point.",
        ),
    ),
}
"""What is said of a service whose symptom lies below it on the ladder."""

SENTENCES: Final[dict[Symptom, Sentence]] = {
    Symptom.SERVICE_REFUSED: Sentence(
        headline=Text("{Service} từ chối kết nối", "{Service} refuses connections"),
        situation=Text(
            "{Service} từ chối kết nối{since}. Lỗi ở hệ thống này, không phải do mạng của điểm.",
            "{Service} has been refusing connections{since}. The fault is in the service, not in "
            "the point's network.",
        ),
        advice=_WAIT,
    ),
    Symptom.SERVICE_TIMEOUT: Sentence(
        headline=Text("{Service} không phản hồi", "{Service} does not respond"),
        situation=Text(
            "{Service} không phản hồi{since}. Lỗi ở hệ thống này, không phải do mạng của điểm.",
            "{Service} has not responded{since}. The fault is in the service, not in the point's "
            "network.",
        ),
        advice=_WAIT,
    ),
    Symptom.SERVICE_ERROR: Sentence(
        headline=Text("{Service} báo lỗi", "{Service} reports an error"),
        situation=Text(
            "{Service} mở được nhưng báo lỗi hệ thống{since}. Lỗi ở hệ thống này, không phải do "
            "mạng của điểm.",
            "{Service} answers, but with an error of its own{since}. The fault is in the service, "
            "not in the point's network.",
        ),
        advice=_WAIT,
    ),
    Symptom.SERVICE_UNEXPECTED_CONTENT: Sentence(
        headline=Text("{Service} hiển thị nội dung lạ", "{Service} shows unexpected content"),
        situation=Text(
            "{Service} mở được nhưng nội dung không đúng như thường lệ{since}; có thể đang bảo "
            "trì hoặc bị thay đổi.",
            "{Service} answers, but not with its usual content{since}; it may be under "
            "maintenance or have been altered.",
        ),
        advice=Text(
            "Không nhập mật khẩu nếu trang trông khác thường. Hãy thử lại sau ít phút. {support}",
            "Do not type a password if the page looks unusual. Try again in a few minutes. "
            "{support}",
        ),
    ),
    Symptom.SERVICE_NAME_UNRESOLVED: Sentence(
        headline=Text("Tên miền của {service} không còn", "The name of {service} is gone"),
        situation=Text(
            "Không tìm thấy tên miền của {service}{since} trên bất kỳ đường truyền nào. Lỗi ở hệ "
            "thống này, không phải do mạng của điểm.",
            "The domain name of {service} has not been found{since} over any line. The fault is "
            "in the service, not in the point's network.",
        ),
        advice=_WAIT,
    ),
    Symptom.SERVICE_PARTIAL_OUTAGE: Sentence(
        headline=Text("{Service} gián đoạn một phần", "{Service} is partly out"),
        situation=Text(
            "Một phần máy chủ của {service} không phản hồi{since}: lúc vào được lúc không. Lỗi ở "
            "hệ thống này.",
            "Some servers of {service} have not answered{since}: it opens at times and not at "
            "others. The fault is in the service.",
        ),
        advice=Text(
            "Nếu không vào được, hãy tải lại trang vài lần. {support}",
            "If it does not open, reload the page a few times. {support}",
        ),
    ),
    Symptom.SERVICE_SLOW: Sentence(
        headline=Text("{Service} phản hồi chậm", "{Service} is slow"),
        situation=Text(
            "{Service} phản hồi chậm hơn bình thường{since}. Lỗi ở hệ thống này, không phải do "
            "mạng của điểm.",
            "{Service} has been responding more slowly than usual{since}. The fault is in the "
            "service, not in the point's network.",
        ),
        advice=Text(
            "Hãy kiên nhẫn chờ trang tải xong, không bấm gửi nhiều lần. {support}",
            "Wait for pages to finish and do not submit twice. {support}",
        ),
    ),
    Symptom.SERVICE_UNREACHABLE_OVER_LINK: Sentence(
        headline=Text(
            "{Service} chỉ mở được qua đường khác", "{Service} is reached over another line only"
        ),
        situation=Text(
            "{Service} không mở được qua đường này{since} nhưng mở được qua đường khác: trục trặc "
            "nằm giữa nhà mạng và dịch vụ, chưa biết ở bên nào.",
            "{Service} has not been reached over this line{since}, but is over another: the "
            "trouble is between this carrier and the service, and which of the two is not known.",
        ),
        advice=Text(
            "Hãy dùng đường còn lại. {support}",
            "Use the other line. {support}",
        ),
    ),
    Symptom.CERTIFICATE_EXPIRED: Sentence(
        headline=Text(
            "Chứng thư số của {service} đã hết hạn", "The certificate of {service} has expired"
        ),
        situation=Text(
            "Chứng thư số của {service} đã hết hạn{since}, nên trình duyệt cảnh báo không an "
            "toàn. Lỗi ở hệ thống này.",
            "The certificate of {service} has been out of date{since}, so browsers warn that it "
            "is not safe. The fault is in the service.",
        ),
        advice=_DO_NOT_TRUST,
    ),
    Symptom.CERTIFICATE_EXPIRING: Sentence(
        headline=Text(
            "Chứng thư số của {service} sắp hết hạn", "The certificate of {service} expires soon"
        ),
        situation=Text(
            "Chứng thư số của {service} sắp hết hạn. Hiện vẫn truy cập được bình thường.",
            "The certificate of {service} expires soon. The service still works normally now.",
        ),
        advice=Text(
            "Không cần làm gì tại điểm; đơn vị vận hành dịch vụ phải gia hạn chứng thư.",
            "Nothing to do at the point; the operator of the service must renew the certificate.",
        ),
    ),
    Symptom.CERTIFICATE_INVALID: Sentence(
        headline=Text(
            "Chứng thư số của {service} không hợp lệ", "The certificate of {service} is not valid"
        ),
        situation=Text(
            "Chứng thư số của {service} không hợp lệ{since}: trang mở ra có thể không phải trang "
            "thật.",
            "The certificate of {service} has not been valid{since}: a page that opens may not be "
            "the real one.",
        ),
        advice=_DO_NOT_TRUST,
    ),
}
