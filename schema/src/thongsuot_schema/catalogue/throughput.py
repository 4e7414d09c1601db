"""Rates of a full link and the latency under it (RFC 6349; draft-ietf-ippm-responsiveness)."""

from thongsuot_schema.metric import Metric, ProbeKind, Unit

_DOWN, _UP = ("down", "downwards", "chiều xuống"), ("up", "upwards", "chiều lên")


def _rate(way: tuple[str, str, str]) -> Metric:
    return Metric(
        name=f"throughput_{way[0]}_bytes_per_second",
        unit=Unit.BYTES_PER_SECOND,
        help_en=f"Goodput {way[1]} after the slow start, of several TCP streams together",
        help_vi=f"Tốc độ truyền dữ liệu {way[2]}",
        resolution=125.0,
        minimum=0.0,
        maximum=1.25e11,
    )


def _latency(load_phase: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"throughput_{load_phase}_latency_seconds",
        unit=Unit.SECONDS,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1e-6,
        minimum=0.0,
        maximum=60.0,
    )


def _responsiveness(way: tuple[str, str, str]) -> Metric:
    return Metric(
        name=f"throughput_responsiveness_{way[0]}_number",
        unit=Unit.NUMBER,
        help_en=f"Round trips a minute of small requests while the link is full {way[1]}",
        help_vi=f"Số lượt đi về mỗi phút khi đường truyền đầy tải {way[2]}",
        resolution=1.0,
        minimum=0.0,
        maximum=1e6,
    )


DOWN = _rate(_DOWN)
UP = _rate(_UP)
IDLE_LATENCY = _latency(
    "idle", "Median time to open a connection before the load", "Độ trễ khi không tải"
)
DOWN_LATENCY = _latency(
    "down", "Median time to open a connection while full downwards", "Độ trễ khi tải xuống đầy"
)
UP_LATENCY = _latency(
    "up", "Median time to open a connection while full upwards", "Độ trễ khi tải lên đầy"
)
DOWN_RESPONSIVENESS = _responsiveness(_DOWN)
UP_RESPONSIVENESS = _responsiveness(_UP)
GRADE = Metric(
    name="throughput_bufferbloat_grade_number",
    unit=Unit.NUMBER,
    help_en="Grade of the latency that load adds in the worse direction: 1 (A+) to 6 (F)",
    help_vi="Xếp hạng độ trễ tăng thêm khi đầy tải: 1 (A+) đến 6 (F)",
    resolution=1.0,
    minimum=1.0,
    maximum=6.0,
)
OTHER_TRAFFIC = Metric(
    name="throughput_other_traffic_ratio",
    unit=Unit.RATIO,
    help_en="Share of the interface's traffic during the test that did not belong to the test",
    help_vi="Tỷ lệ lưu lượng khác trên đường truyền trong lúc đo",
    resolution=1e-3,
    minimum=0.0,
    maximum=1.0,
)

KIND = ProbeKind(
    name="throughput",
    revision=1,
    title_en="Throughput",
    title_vi="Tốc độ đường truyền",
    metrics=(
        DOWN,
        UP,
        IDLE_LATENCY,
        DOWN_LATENCY,
        UP_LATENCY,
        DOWN_RESPONSIVENESS,
        UP_RESPONSIVENESS,
        GRADE,
        OTHER_TRAFFIC,
    ),
)
