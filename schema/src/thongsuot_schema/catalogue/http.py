"""Phases of one HTTP or HTTPS request (RFC 9110; TLS 1.3, RFC 8446; X.509, RFC 5280)."""

from thongsuot_schema.metric import Metric, ProbeKind, Thresholds, Unit


def _phase(phase: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"http_{phase}_seconds",
        unit=Unit.SECONDS,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1e-6,
        minimum=0.0,
        maximum=600.0,
    )


RESOLVE = _phase("resolve", "Time to resolve the host's name", "Thời gian phân giải tên miền")
CONNECT = _phase("connect", "Time to open the TCP connection", "Thời gian mở kết nối TCP")
TLS = _phase("tls", "Time of the TLS handshake", "Thời gian bắt tay TLS")
FIRST_BYTE = _phase(
    "first_byte",
    "Time from the request sent until the first byte of the response",
    "Thời gian từ khi gửi yêu cầu đến byte đầu tiên",
)
TRANSFER = _phase(
    "transfer",
    "Time from the first byte until the last byte of the response",
    "Thời gian tải nội dung",
)
TOTAL = Metric(
    name="http_total_seconds",
    unit=Unit.SECONDS,
    help_en="Time of the whole request, name to last byte",
    help_vi="Tổng thời gian truy cập",
    resolution=1e-6,
    minimum=0.0,
    maximum=600.0,
    limits=Thresholds(warn=2.0, bad=5.0),
)
STATUS = Metric(
    name="http_status_number",
    unit=Unit.NUMBER,
    help_en="Status code of the response",
    help_vi="Mã trạng thái HTTP",
    resolution=1.0,
    minimum=100.0,
    maximum=599.0,
)
BODY = Metric(
    name="http_body_bytes",
    unit=Unit.BYTES,
    help_en="Length of the response body as received",
    help_vi="Kích thước nội dung nhận được",
    resolution=1.0,
    minimum=0.0,
)
CERTIFICATE_EXPIRY = Metric(
    name="http_certificate_expiry_timestamp_seconds",
    unit=Unit.TIMESTAMP,
    help_en="When the first certificate of the chain runs out, as Unix time",
    help_vi="Thời điểm chứng thư số hết hạn",
    resolution=1.0,
)
CERTIFICATES = Metric(
    name="http_certificates",
    unit=Unit.COUNT,
    help_en="Certificates in the chain that the server sent",
    help_vi="Số chứng thư trong chuỗi",
    resolution=1.0,
    minimum=0.0,
    maximum=100.0,
)

KIND = ProbeKind(
    name="http",
    revision=1,
    title_en="Web request",
    title_vi="Truy cập dịch vụ web",
    metrics=(
        RESOLVE,
        CONNECT,
        TLS,
        FIRST_BYTE,
        TRANSFER,
        TOTAL,
        STATUS,
        BODY,
        CERTIFICATE_EXPIRY,
        CERTIFICATES,
    ),
)

NAT64 = "nat64"
"""Evidence: the prefix by which the carrier's translator led to a page that has IPv4 alone."""

OWN_SHARE = "own_share_s"
"""Evidence of a run that the device made late: how much of it that took at most, in seconds."""
