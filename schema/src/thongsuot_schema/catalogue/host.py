"""The device's own view of a link: interface, addresses, gateway, counters, clock (RFC 2863)."""

from thongsuot_schema.metric import (
    Metric,
    MetricType,
    ProbeKind,
    Thresholds,
    Unit,
    boolean_metric,
)


def _counter(quantity: str, unit: Unit, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"host_{quantity}_{unit}_total",
        unit=unit,
        type=MetricType.COUNTER,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1.0,
        minimum=0.0,
    )


CARRIER_UP = boolean_metric(
    "host_interface_up",
    "1 when the interface has carrier (operstate up or unknown), else 0",
    "1 khi cổng mạng có tín hiệu",
)
HAS_IP4 = boolean_metric(
    "host_ipv4_address_present", "1 when the link has a usable IPv4 address", "Có địa chỉ IPv4"
)
HAS_IP6 = boolean_metric(
    "host_ipv6_address_present",
    "1 when the link has a usable global IPv6 address",
    "Có địa chỉ IPv6",
)
HAS_ROUTE4 = boolean_metric(
    "host_ipv4_default_route_present", "1 when an IPv4 default route uses the link", "Có tuyến IPv4"
)
HAS_ROUTE6 = boolean_metric(
    "host_ipv6_default_route_present", "1 when an IPv6 default route uses the link", "Có tuyến IPv6"
)
GATEWAY_NEIGHBOUR = boolean_metric(
    "host_gateway_neighbour_reachable",
    "1 when the gateway answers on the link layer (ARP or neighbour discovery), 0 when it fails to",
    "Cổng ra (gateway) có trả lời ở lớp liên kết",
)
RECEIVED = _counter("received", Unit.BYTES, "Bytes received by the interface", "Số byte nhận")
SENT = _counter("sent", Unit.BYTES, "Bytes sent by the interface", "Số byte gửi")
RECEIVE_ERRORS = _counter(
    "receive_errors", Unit.PACKETS, "Packets received with errors", "Gói nhận lỗi"
)
SEND_ERRORS = _counter("send_errors", Unit.PACKETS, "Packets that could not be sent", "Gói gửi lỗi")
RECEIVE_DROPS = _counter(
    "receive_drops", Unit.PACKETS, "Packets dropped on receipt", "Gói nhận bị loại"
)
SEND_DROPS = _counter("send_drops", Unit.PACKETS, "Packets dropped on sending", "Gói gửi bị loại")
CARRIER_CHANGES = Metric(
    name="host_interface_carrier_changes_total",
    unit=Unit.COUNT,
    type=MetricType.COUNTER,
    help_en="Times the interface gained or lost carrier since it exists",
    help_vi="Số lần cổng mạng mất hoặc có lại tín hiệu",
    resolution=1.0,
    minimum=0.0,
)
UPTIME = Metric(
    name="host_uptime_seconds",
    unit=Unit.SECONDS,
    help_en="Time since the device booted",
    help_vi="Thời gian hoạt động từ khi khởi động",
    resolution=1.0,
    minimum=0.0,
)
CLOCK_ERROR = Metric(
    name="host_clock_error_seconds",
    unit=Unit.SECONDS,
    help_en="Estimated maximum error of the wall clock, as the kernel states it (adjtimex)",
    help_vi="Sai số ước tính của đồng hồ thiết bị",
    resolution=1e-6,
    minimum=0.0,
    limits=Thresholds(warn=0.5, bad=2.0),
)
CLOCK_SYNCHRONISED = boolean_metric(
    "host_clock_synchronised", "1 when the kernel's clock is synchronised", "Đồng hồ đã đồng bộ"
)
LOOP_LATE = Metric(
    name="host_loop_late_seconds",
    unit=Unit.SECONDS,
    help_en="Longest lateness of the agent's own timers since the last run of this probe",
    help_vi="Độ trễ lớn nhất của bộ hẹn giờ trong thiết bị",
    resolution=1e-6,
    minimum=0.0,
    limits=Thresholds(warn=0.05, bad=1.0),
)
RESIDENT = Metric(
    name="host_agent_resident_bytes",
    unit=Unit.BYTES,
    help_en="Resident memory of the agent",
    help_vi="Bộ nhớ mà phần mềm giám sát đang dùng",
    resolution=4096.0,
    minimum=0.0,
)
WAITING = Metric(
    name="host_agent_waiting_batches",
    unit=Unit.COUNT,
    help_en="Batches of the agent's record that the collector has not acknowledged",
    help_vi="Số lô dữ liệu đang chờ gửi về hệ thống thu thập",
    resolution=1.0,
    minimum=0.0,
    limits=Thresholds(warn=20.0, bad=240.0),
)
SPOOL = Metric(
    name="host_agent_spool_bytes",
    unit=Unit.BYTES,
    help_en="Size of the agent's record on the device's disk",
    help_vi="Dung lượng bản ghi trên đĩa của thiết bị",
    resolution=1.0,
    minimum=0.0,
)
SPOOL_USED = Metric(
    name="host_agent_spool_used_ratio",
    unit=Unit.RATIO,
    help_en="Share of its allowed size that the agent's record uses; at 1 the oldest detail goes",
    help_vi="Phần dung lượng cho phép mà bản ghi đã dùng; đến 100 % thì chi tiết cũ nhất bị xoá",
    resolution=1e-4,
    minimum=0.0,
    maximum=1.0,
    limits=Thresholds(warn=0.5, bad=0.8),
)
CERTIFICATE_EXPIRY = Metric(
    name="host_agent_certificate_expiry_timestamp_seconds",
    unit=Unit.TIMESTAMP,
    help_en="When the certificate runs out that the device shows the collector, as Unix time",
    help_vi="Thời điểm chứng thư số của thiết bị giám sát hết hạn",
    resolution=1.0,
)
SITE_CONFIG = Metric(
    name="host_agent_site_config_number",
    unit=Unit.NUMBER,
    help_en="Number of the site configuration that the agent runs; absent: its settings file alone",
    help_vi="Số của kế hoạch đo mà thiết bị đang chạy; không có: chỉ theo tệp cài đặt",
    resolution=1.0,
    minimum=0.0,
    maximum=999_999_999.0,
)
SPENT = Metric(
    name="host_allowance_spent_bytes",
    unit=Unit.BYTES,
    help_en="What monitoring used of a metered link's allowance this month",
    help_vi="Dung lượng mà giám sát đã dùng trong tháng trên đường truyền tính theo dung lượng",
    resolution=1.0,
    minimum=0.0,
)

KIND = ProbeKind(
    name="host",
    revision=1,
    title_en="Device and interface",
    title_vi="Thiết bị và cổng mạng",
    metrics=(
        CARRIER_UP,
        HAS_IP4,
        HAS_IP6,
        HAS_ROUTE4,
        HAS_ROUTE6,
        GATEWAY_NEIGHBOUR,
        RECEIVED,
        SENT,
        RECEIVE_ERRORS,
        SEND_ERRORS,
        RECEIVE_DROPS,
        SEND_DROPS,
        CARRIER_CHANGES,
        UPTIME,
        CLOCK_ERROR,
        CLOCK_SYNCHRONISED,
        LOOP_LATE,
        RESIDENT,
        WAITING,
        SPOOL,
        SPOOL_USED,
        SPENT,
        CERTIFICATE_EXPIRY,
        SITE_CONFIG,
    ),
)
