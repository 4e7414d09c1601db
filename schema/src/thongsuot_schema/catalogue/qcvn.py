"""Samples of the download and upload rate by the method of QCVN 34:2022/BTTTT."""

from thongsuot_schema.metric import Metric, ProbeKind, Unit


def _rate(way: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"qcvn_{way}_bytes_per_second",
        unit=Unit.BYTES_PER_SECOND,
        help_en=help_en,
        help_vi=help_vi,
        resolution=125.0,
        minimum=0.0,
        maximum=1.25e11,
    )


DOWN = _rate(
    "down",
    "Rate of one file downwards, from the request to the last byte",
    "Tốc độ tải xuống của một tệp mẫu (QCVN 34:2022/BTTTT)",
)
UP = _rate(
    "up",
    "Rate of one file upwards, from the request to the receiver's answer",
    "Tốc độ tải lên của một tệp mẫu (QCVN 34:2022/BTTTT)",
)

KIND = ProbeKind(
    name="qcvn",
    revision=1,
    title_en="Rate samples (QCVN 34)",
    title_vi="Lấy mẫu tốc độ theo QCVN 34",
    metrics=(DOWN, UP),
)
