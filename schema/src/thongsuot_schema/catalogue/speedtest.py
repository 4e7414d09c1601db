"""What speedtest-cli says of a link; its numbers are its own and no other's."""

from thongsuot_schema.metric import Metric, ProbeKind, Unit


def _rate(way: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"speedtest_{way}_bytes_per_second",
        unit=Unit.BYTES_PER_SECOND,
        help_en=help_en,
        help_vi=help_vi,
        resolution=125.0,
        minimum=0.0,
        maximum=1.25e11,
    )


DOWN = _rate("down", "Download rate by speedtest-cli", "Tốc độ tải xuống (speedtest-cli)")
UP = _rate(
    "up", "Upload rate by speedtest-cli, counted by the sender", "Tốc độ tải lên (speedtest-cli)"
)
LATENCY = Metric(
    name="speedtest_latency_seconds",
    unit=Unit.SECONDS,
    help_en="Latency by speedtest-cli, half of the mean duration of its three requests",
    help_vi="Độ trễ (speedtest-cli)",
    resolution=1e-6,
    minimum=0.0,
    maximum=3600.0,
)

KIND = ProbeKind(
    name="speedtest",
    revision=1,
    title_en="speedtest-cli",
    title_vi="Đo tốc độ bằng speedtest-cli",
    metrics=(DOWN, UP, LATENCY),
)
