"""By whose line a link's packets leave, as a reflector sees it (RFC 8972, section 4.2)."""

from thongsuot_schema.metric import Metric, ProbeKind, Unit

ANSWERED = Metric(
    name="egress_answered_ratio",
    unit=Unit.RATIO,
    help_en="Share of our own test packets that the reflector answered",
    help_vi="Tỷ lệ gói tin thử gửi đến máy phản hồi có trả lời",
    resolution=0.001,
    minimum=0.0,
    maximum=1.0,
)
OWN = Metric(
    name="egress_own_carrier_ratio",
    unit=Unit.RATIO,
    help_en="Share of test packets that left by the link's own carrier, of those by a known one",
    help_vi="Tỷ lệ gói tin thử đi ra bằng đúng nhà mạng của đường truyền",
    resolution=0.001,
    minimum=0.0,
    maximum=1.0,
)

KIND = ProbeKind(
    name="egress",
    revision=1,
    title_en="Carrier in use",
    title_vi="Nhà mạng đang dùng",
    metrics=(ANSWERED, OWN),
)
