"""Which link carries the device's own traffic: the default routes of the main table."""

from thongsuot_schema.metric import Metric, MetricType, ProbeKind, Unit, boolean_metric

ACTIVE4 = boolean_metric(
    "failover_ipv4_active",
    "1 while the preferred IPv4 default route leaves by this link, else 0",
    "1 khi tuyến mặc định IPv4 đang đi qua đường truyền này, ngược lại là 0",
)
ACTIVE6 = boolean_metric(
    "failover_ipv6_active",
    "1 while the preferred IPv6 default route leaves by this link, else 0",
    "1 khi tuyến mặc định IPv6 đang đi qua đường truyền này, ngược lại là 0",
)
SINCE = Metric(
    name="failover_unchanged_seconds",
    unit=Unit.SECONDS,
    help_en="How long that has been so; since the agent started at most",
    help_vi="Thời gian trạng thái này đã kéo dài, tính từ khi phần mềm khởi động",
    resolution=1.0,
    minimum=0.0,
)
CHANGES = Metric(
    name="failover_changes_total",
    unit=Unit.COUNT,
    help_en="How often default traffic came to this link or left it since the agent started",
    help_vi="Số lần lưu lượng mặc định chuyển đến hoặc rời khỏi đường truyền này",
    resolution=1.0,
    type=MetricType.COUNTER,
    minimum=0.0,
)

KIND = ProbeKind(
    name="failover",
    revision=1,
    title_en="Link in use",
    title_vi="Đường truyền đang dùng",
    metrics=(ACTIVE4, ACTIVE6, SINCE, CHANGES),
)
