"""The verdict on a link or a service, as numbers that a database can keep."""

from thongsuot_schema.metric import Metric, ProbeKind, Thresholds, Unit

STATE = Metric(
    name="verdict_state_number",
    unit=Unit.NUMBER,
    help_en="0 up, 1 degraded, 2 down; absent while unknown",
    help_vi="0 bình thường, 1 chậm/chập chờn, 2 mất kết nối; không có khi chưa rõ",
    resolution=1.0,
    minimum=0.0,
    maximum=2.0,
    limits=Thresholds(warn=1.0, bad=2.0),
)
SEGMENT = Metric(
    name="verdict_segment_number",
    unit=Unit.NUMBER,
    help_en="Segment at fault: 0 none, 1 device, 2 lan, 3 access, 4 carrier, 5 transit, 6 service",
    help_vi="Phân đoạn lỗi: 0 không, 1 thiết bị, 2 mạng nội bộ, 3 đường truyền, 4 nhà mạng, "
    "5 ngoài nhà mạng, 6 dịch vụ",
    resolution=1.0,
    minimum=0.0,
    maximum=6.0,
)

KIND = ProbeKind(
    name="verdict",
    revision=1,
    title_en="Verdict",
    title_vi="Kết luận",
    metrics=(STATE, SEGMENT),
)
