"""Answers of a name server over UDP (RFC 1035)."""

from thongsuot_schema.metric import Metric, ProbeKind, Thresholds, Unit

LOOKUP = Metric(
    name="dns_lookup_seconds",
    unit=Unit.SECONDS,
    help_en="Time from the query until the answer, whatever its content",
    help_vi="Thời gian từ khi hỏi tên miền đến khi có trả lời",
    resolution=1e-6,
    minimum=0.0,
    maximum=60.0,
    limits=Thresholds(bad=0.5),
)
ANSWERS = Metric(
    name="dns_answers",
    unit=Unit.COUNT,
    help_en="Address records in the answer",
    help_vi="Số bản ghi địa chỉ trong trả lời",
    resolution=1.0,
    minimum=0.0,
    maximum=1000.0,
)
TTL = Metric(
    name="dns_ttl_seconds",
    unit=Unit.SECONDS,
    help_en="Smallest time to live among the address records",
    help_vi="Thời gian lưu (TTL) nhỏ nhất của các bản ghi địa chỉ",
    resolution=1.0,
    minimum=0.0,
    maximum=2147483647.0,
)

KIND = ProbeKind(
    name="dns",
    revision=1,
    title_en="Name lookup",
    title_vi="Phân giải tên miền",
    metrics=(LOOKUP, ANSWERS, TTL),
)
