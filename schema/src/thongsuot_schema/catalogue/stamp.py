"""Both directions of a path apart, by test packets (RFC 8762 and 8972; RFC 3550, 4737, 5481)."""

from thongsuot_schema.metric import Metric, ProbeKind, Unit

_UP = ("from the site to the reflector", "chiều lên")
_DOWN = ("from the reflector to the site", "chiều xuống")


def _time(quantity: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"stamp_{quantity}_seconds",
        unit=Unit.SECONDS,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1e-6,
        minimum=0.0,
        maximum=60.0,
    )


def _ratio(quantity: str, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"stamp_{quantity}_ratio",
        unit=Unit.RATIO,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1e-4,
        minimum=0.0,
        maximum=1.0,
    )


RTT = _time(
    "rtt",
    "Median round trip without the time inside the reflector",
    "Độ trễ khứ hồi (trung vị), không tính thời gian trong máy phản hồi",
)
RTT_MINIMUM = _time("rtt_minimum", "Smallest round trip of a run", "Độ trễ khứ hồi nhỏ nhất")
RTT_P95 = _time("rtt_p95", "95th percentile of the round trips", "Độ trễ khứ hồi, phân vị 95 %")
LOSS = _ratio("loss", "Share of the packets without answer", "Tỷ lệ mất gói tin cả hai chiều")
LOSS_UP = _ratio("loss_up", f"Share of packets lost {_UP[0]}", f"Tỷ lệ mất gói {_UP[1]}")
LOSS_DOWN = _ratio("loss_down", f"Share of packets lost {_DOWN[0]}", f"Tỷ lệ mất gói {_DOWN[1]}")
REORDERED_UP = _ratio(
    "reordered_up", f"Share of packets out of order {_UP[0]}", f"Tỷ lệ gói sai thứ tự {_UP[1]}"
)
REORDERED_DOWN = _ratio(
    "reordered_down",
    f"Share of packets out of order {_DOWN[0]}",
    f"Tỷ lệ gói sai thứ tự {_DOWN[1]}",
)
DUPLICATED_UP = _ratio(
    "duplicated_up", f"Copies for each packet {_UP[0]}", f"Tỷ lệ gói bị nhân đôi {_UP[1]}"
)
DUPLICATED_DOWN = _ratio(
    "duplicated_down", f"Copies for each packet {_DOWN[0]}", f"Tỷ lệ gói bị nhân đôi {_DOWN[1]}"
)
DELAY_UP = _time(
    "delay_up",
    f"Median delay {_UP[0]}; absent unless both clocks are known well",
    f"Độ trễ một chiều ({_UP[1]}), trung vị; chỉ có khi đồng hồ hai bên đủ chính xác",
)
DELAY_DOWN = _time(
    "delay_down",
    f"Median delay {_DOWN[0]}; absent unless both clocks are known well",
    f"Độ trễ một chiều ({_DOWN[1]}), trung vị; chỉ có khi đồng hồ hai bên đủ chính xác",
)
CLOCK_ERROR = _time(
    "clock_error",
    "By how much both clocks together can falsify the one-way delays",
    "Sai số của độ trễ một chiều do đồng hồ hai bên",
)
JITTER_UP = _time(
    "jitter_up", f"Interarrival jitter (RFC 3550) {_UP[0]}", f"Độ dao động trễ {_UP[1]} (RFC 3550)"
)
JITTER_DOWN = _time(
    "jitter_down",
    f"Interarrival jitter (RFC 3550) {_DOWN[0]}",
    f"Độ dao động trễ {_DOWN[1]} (RFC 3550)",
)
VARIATION_UP = _time(
    "variation_up_p95",
    f"95th percentile of the delay above the smallest one (RFC 5481) {_UP[0]}",
    f"Biến thiên trễ {_UP[1]}, phân vị 95 % (RFC 5481)",
)
VARIATION_DOWN = _time(
    "variation_down_p95",
    f"95th percentile of the delay above the smallest one (RFC 5481) {_DOWN[0]}",
    f"Biến thiên trễ {_DOWN[1]}, phân vị 95 % (RFC 5481)",
)
QUALITY = Metric(
    name="stamp_transmission_rating_number",
    unit=Unit.NUMBER,
    help_en="Transmission rating R of a telephone call over this path (ITU-T G.107, simplified)",
    help_vi="Hệ số chất lượng thoại R (ITU-T G.107, rút gọn)",
    resolution=0.1,
    minimum=0.0,
    maximum=100.0,
)
MOS = Metric(
    name="stamp_mos_number",
    unit=Unit.NUMBER,
    help_en="Mean opinion score of a telephone call over this path, 1 to 4.5 (ITU-T G.107)",
    help_vi="Điểm chất lượng thoại MOS, từ 1 đến 4,5 (ITU-T G.107)",
    resolution=0.01,
    minimum=1.0,
    maximum=4.5,
)
HOP_LIMIT_UP = Metric(
    name="stamp_hop_limit_up_number",
    unit=Unit.NUMBER,
    help_en="TTL or hop limit left at the reflector, of 255",
    help_vi="Giá trị TTL/hop limit còn lại tại máy phản hồi",
    resolution=1.0,
    minimum=0.0,
    maximum=255.0,
)

KIND = ProbeKind(
    name="stamp",
    revision=1,
    title_en="One-way measurement",
    title_vi="Đo từng chiều",
    metrics=(
        RTT,
        RTT_MINIMUM,
        RTT_P95,
        LOSS,
        LOSS_UP,
        LOSS_DOWN,
        REORDERED_UP,
        REORDERED_DOWN,
        DUPLICATED_UP,
        DUPLICATED_DOWN,
        DELAY_UP,
        DELAY_DOWN,
        CLOCK_ERROR,
        JITTER_UP,
        JITTER_DOWN,
        VARIATION_UP,
        VARIATION_DOWN,
        QUALITY,
        MOS,
        HOP_LIMIT_UP,
    ),
)
