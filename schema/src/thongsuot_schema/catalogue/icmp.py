"""Round trips by ICMP echo (RFC 792; RFC 4443, section 4)."""

from thongsuot_schema.metric import Metric, ProbeKind, Thresholds, Unit

RTT = Metric(
    name="icmp_rtt_seconds",
    unit=Unit.SECONDS,
    help_en="Round-trip time of an ICMP echo, median of the answered echoes of one run",
    help_vi="Độ trễ khứ hồi của gói ICMP echo, trung vị các gói có trả lời trong một lượt đo",
    resolution=1e-6,
    minimum=0.0,
    maximum=60.0,
    limits=Thresholds(warn=0.05, bad=0.4, source="QCVN 34:2022/BTTTT"),
)
LOSS = Metric(
    name="icmp_loss_ratio",
    unit=Unit.RATIO,
    help_en="Share of the echoes of one run that stayed unanswered",
    help_vi="Tỷ lệ mất gói tin trong một lượt đo",
    resolution=1e-4,
    minimum=0.0,
    maximum=1.0,
    limits=Thresholds(warn=0.004, bad=0.02),
)
HOP_LIMIT = Metric(
    name="icmp_reply_hop_limit_number",
    unit=Unit.NUMBER,
    help_en="TTL or hop limit left in the answer; a change shows another way back",
    help_vi="Giá trị TTL/hop limit còn lại của gói trả lời; thay đổi cho thấy đường đi khác",
    resolution=1.0,
    minimum=0.0,
    maximum=255.0,
)

KIND = ProbeKind(
    name="icmp",
    revision=1,
    title_en="ICMP echo",
    title_vi="Đo ICMP echo",
    metrics=(RTT, LOSS, HOP_LIMIT),
)

OLD_FLOW, DEAD = "old_flow", "dead"
"""Evidence: echoes are answered but for those of the flow before, whose entry a NAT has lost."""
