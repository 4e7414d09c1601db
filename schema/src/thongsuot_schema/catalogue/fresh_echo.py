"""Echoes under identifiers of their own: are new flows answered, and up to which size?"""

from thongsuot_schema.metric import Metric, ProbeKind, Unit

ANSWERED = Metric(
    name="fresh_echo_answered_ratio",
    unit=Unit.RATIO,
    help_en="Share of the small echoes of one run that were answered, each with a new identifier",
    help_vi="Tỷ lệ gói echo nhỏ được trả lời trong một lượt đo, mỗi gói dùng định danh mới",
    resolution=0.001,
    minimum=0.0,
    maximum=1.0,
)
PACKET = Metric(
    name="fresh_echo_packet_bytes",
    unit=Unit.BYTES,
    help_en="Size of the largest echo, as an IP packet, that was answered, of the two sizes tried",
    help_vi="Kích thước gói IP echo lớn nhất có trả lời, trong hai kích thước đã thử",
    resolution=1.0,
    minimum=0.0,
    maximum=65_535.0,
)

KIND = ProbeKind(
    name="fresh_echo",
    revision=2,
    title_en="Fresh echoes",
    title_vi="Gói echo mới",
    metrics=(ANSWERED, PACKET),
)
