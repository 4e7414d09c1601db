"""Words for why a run failed or could not be made."""

from typing import Final

from thongsuot_schema.reason import Reason
from thongsuot_schema.words.language import Text

REASONS: Final[dict[Reason, Text]] = {
    Reason.TIMED_OUT: Text("không phản hồi", "no answer"),
    Reason.CONNECTION_REFUSED: Text("từ chối kết nối", "connection refused"),
    Reason.CONNECTION_RESET: Text("kết nối bị ngắt", "connection reset"),
    Reason.HOST_UNREACHABLE: Text("không tới được máy đích", "host unreachable"),
    Reason.NETWORK_UNREACHABLE: Text("không tới được mạng đích", "network unreachable"),
    Reason.PACKET_FILTERED: Text("bị chặn trên đường đi", "filtered on the way"),
    Reason.HOP_LIMIT_EXCEEDED: Text("đi vòng quá nhiều chặng", "too many hops"),
    Reason.NAME_NOT_FOUND: Text("không có tên miền này", "name not found"),
    Reason.NAME_SERVER_FAILED: Text("máy chủ tên miền bị lỗi", "name server failed"),
    Reason.NAME_SERVER_REFUSED: Text("máy chủ tên miền từ chối", "name server refused"),
    Reason.NAME_SERVER_TIMED_OUT: Text("máy chủ tên miền không phản hồi", "name server silent"),
    Reason.NAME_WITHOUT_ADDRESS: Text("tên miền không có địa chỉ", "name has no address"),
    Reason.NAME_ANSWER_FORGED: Text(
        "tên miền trả về địa chỉ sai", "name answered with wrong address"
    ),
    Reason.TLS_HANDSHAKE_FAILED: Text("bắt tay bảo mật (TLS) thất bại", "TLS handshake failed"),
    Reason.TLS_TIMED_OUT: Text("bắt tay bảo mật (TLS) quá lâu", "TLS handshake timed out"),
    Reason.CERTIFICATE_EXPIRED: Text("chứng thư số đã hết hạn", "certificate expired"),
    Reason.CERTIFICATE_NOT_YET_VALID: Text(
        "chứng thư số chưa có hiệu lực", "certificate not yet valid"
    ),
    Reason.CERTIFICATE_NAME_MISMATCH: Text(
        "chứng thư số không đúng tên", "certificate of another name"
    ),
    Reason.CERTIFICATE_UNTRUSTED: Text("chứng thư số không tin cậy", "certificate not trusted"),
    Reason.RESPONSE_TIMED_OUT: Text("chờ phản hồi quá lâu", "response timed out"),
    Reason.RESPONSE_INVALID: Text("phản hồi sai quy cách", "response invalid"),
    Reason.RESPONSE_TRUNCATED: Text("phản hồi bị cắt ngang", "response cut short"),
    Reason.STATUS_UNEXPECTED: Text("hệ thống báo mã lỗi", "unexpected status"),
    Reason.BODY_UNEXPECTED: Text("nội dung không như mong đợi", "unexpected content"),
    Reason.FAILED_OTHERWISE: Text("lỗi khác", "failed otherwise"),
    Reason.INTERFACE_ABSENT: Text("không thấy cổng mạng", "interface absent"),
    Reason.INTERFACE_DOWN: Text("cổng mạng chưa có tín hiệu", "interface without carrier"),
    Reason.NO_ADDRESS: Text("chưa có địa chỉ mạng", "no address"),
    Reason.NO_ROUTE: Text("chưa có đường ra", "no route"),
    Reason.EGRESS_UNPROVEN: Text("không chắc đi đúng đường truyền", "way out not proven"),
    Reason.PERMISSION_DENIED: Text("thiết bị chưa được cấp quyền đo", "permission denied"),
    Reason.AGENT_STARVED: Text("thiết bị giám sát quá tải", "monitoring device overloaded"),
    Reason.CLOCK_STEPPED: Text("đồng hồ vừa chỉnh", "clock stepped"),
    Reason.OVERRUN: Text("lần đo trước chưa xong", "previous run not finished"),
    Reason.BUDGET_SPENT: Text("hết dung lượng dành cho đo", "data allowance spent"),
    Reason.LINK_BUSY: Text("đường truyền đang bận", "link busy"),
    Reason.NOT_SUPPORTED: Text("không hỗ trợ", "not supported"),
    Reason.RESOURCE_EXHAUSTED: Text("thiết bị thiếu tài nguyên", "resources exhausted"),
    Reason.PROBE_BROKEN: Text("phép đo bị lỗi", "probe broken"),
    Reason.UNMEASURED_OTHERWISE: Text("chưa đo được vì lý do khác", "not measured otherwise"),
}
"""In the middle of a sentence or a table: lower case."""
