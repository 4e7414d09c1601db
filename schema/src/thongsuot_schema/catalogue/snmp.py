"""
What equipment reports about itself by SNMP: interface, optical line, power (RFC 2863, RFC 1628).
"""

from thongsuot_schema.metric import (
    Metric,
    MetricType,
    ProbeKind,
    Thresholds,
    Unit,
    boolean_metric,
)

_OCCUPANCY = Thresholds(bad=0.8, source="QCVN 34:2022/BTTTT")


def _share(quantity: str, help_en: str, help_vi: str, limits: Thresholds | None = None) -> Metric:
    return Metric(
        name=f"snmp_{quantity}_ratio",
        unit=Unit.RATIO,
        help_en=help_en,
        help_vi=help_vi,
        resolution=0.001,
        minimum=0.0,
        maximum=1.0,
        limits=limits,
    )


def _counter(quantity: str, unit: Unit, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"snmp_{quantity}{unit.ending}_total",
        unit=unit,
        type=MetricType.COUNTER,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1.0,
        minimum=0.0,
    )


def _gauge(
    quantity: str,
    unit: Unit,
    help_en: str,
    help_vi: str,
    resolution: float = 1.0,
    *,
    low: float = 0.0,
) -> Metric:
    return Metric(
        name=f"snmp_{quantity}{unit.ending}",
        unit=unit,
        help_en=help_en,
        help_vi=help_vi,
        resolution=resolution,
        minimum=low,
    )


UPTIME = _gauge(
    "device_uptime",
    Unit.SECONDS,
    "Time since the equipment started, by the longest of the times that it states",
    "Thời gian thiết bị đã chạy",
)
REBOOTS = _counter(
    "device_reboots",
    Unit.COUNT,
    "Restarts of the equipment observed since the agent started",
    "Số lần thiết bị khởi động lại",
)
INTERFACE_UP = boolean_metric(
    "snmp_interface_up",
    "1 when the interface that is watched is up",
    "Cổng theo dõi đang hoạt động",
)
SPEED = _gauge(
    "interface_speed",
    Unit.BYTES_PER_SECOND,
    "Speed of the interface as the equipment states it",
    "Tốc độ cổng do thiết bị báo",
)
RECEIVED = _counter(
    "interface_received",
    Unit.BYTES,
    "Bytes received by the interface, added up over wraps and restarts",
    "Số byte cổng đã nhận",
)
SENT = _counter(
    "interface_sent",
    Unit.BYTES,
    "Bytes sent by the interface, added up over wraps and restarts",
    "Số byte cổng đã gửi",
)
RECEIVE_ERRORS = _counter(
    "interface_receive_errors", Unit.PACKETS, "Packets received with errors", "Gói nhận lỗi"
)
SEND_ERRORS = _counter(
    "interface_send_errors", Unit.PACKETS, "Packets that could not be sent", "Gói gửi lỗi"
)
RECEIVE_DISCARDS = _counter(
    "interface_receive_discards", Unit.PACKETS, "Packets dropped on receipt", "Gói nhận bị loại"
)
SEND_DISCARDS = _counter(
    "interface_send_discards", Unit.PACKETS, "Packets dropped on sending", "Gói gửi bị loại"
)
RECEIVE_UTILISATION = _share(
    "interface_receive_utilisation",
    "Rate received since the run before, of the contracted rate (else of the interface's speed)",
    "Tỷ lệ sử dụng chiều tải xuống so với hợp đồng",
    _OCCUPANCY,
)
SEND_UTILISATION = _share(
    "interface_send_utilisation",
    "Rate sent since the run before, of the contracted rate (else of the interface's speed)",
    "Tỷ lệ sử dụng chiều tải lên so với hợp đồng",
    _OCCUPANCY,
)
DISCONTINUITIES = _counter(
    "interface_discontinuities",
    Unit.COUNT,
    "Resets of a counter of the interface",
    "Số lần bộ đếm của cổng về 0",
)
OPTICAL_RECEIVE = Metric(
    name="snmp_optical_receive_dbm",
    unit=Unit.DBM,
    help_en="Optical power received from the carrier",
    help_vi="Công suất quang thu",
    resolution=0.01,
    minimum=-60.0,
    limits=Thresholds(warn=-25.0, bad=-27.0, low_is_bad=True),
)
"""GPON modems of class B+ receive down to -27 dBm (ITU-T G.984.2)."""
OPTICAL_SEND = _gauge(
    "optical_send", Unit.DBM, "Optical power sent", "Công suất quang phát", 0.01, low=-60.0
)
OPTICAL_LOST = boolean_metric(
    "snmp_optical_loss_of_signal",
    "1 when the optical module receives no light (LOS), 0 when it does",
    "Mất tín hiệu quang (LOS)",
)
OPTICAL_BIAS = _gauge(
    "optical_bias", Unit.AMPERES, "Bias current of the laser", "Dòng phân cực laser", 1e-5
)
OPTICAL_TEMPERATURE = _gauge(
    "optical_temperature",
    Unit.CELSIUS,
    "Temperature of the optical module",
    "Nhiệt độ mô-đun quang",
    0.1,
    low=-60.0,
)
ON_BATTERY = boolean_metric(
    "snmp_power_on_battery",
    "1 when the UPS runs on its battery, 0 when on the mains",
    "UPS đang chạy bằng ắc quy",
)
RUNTIME = _gauge(
    "power_runtime",
    Unit.SECONDS,
    "Time the battery of the UPS lasts at the present load",
    "Thời gian ắc quy của UPS còn đủ",
)
CHARGE = _share("power_charge", "Charge of the battery of the UPS", "Mức sạc ắc quy của UPS")
LOAD = _share("power_load", "Load of the UPS", "Tải của UPS")
INPUT = _gauge("power_input", Unit.VOLTS, "Voltage of the mains", "Điện áp lưới", 0.1)
TEMPERATURE = _gauge(
    "device_temperature",
    Unit.CELSIUS,
    "Temperature of the equipment",
    "Nhiệt độ thiết bị",
    0.1,
    low=-60.0,
)
REJECTED = _gauge(
    "values_rejected",
    Unit.COUNT,
    "Values of this run that mean nothing: marks for absent, out of range, contradictory",
    "Số giá trị bị loại trong lần đo này",
)

KIND = ProbeKind(
    name="snmp",
    revision=1,
    title_en="Equipment by SNMP",
    title_vi="Thiết bị qua SNMP",
    metrics=(
        UPTIME,
        REBOOTS,
        INTERFACE_UP,
        SPEED,
        RECEIVED,
        SENT,
        RECEIVE_ERRORS,
        SEND_ERRORS,
        RECEIVE_DISCARDS,
        SEND_DISCARDS,
        RECEIVE_UTILISATION,
        SEND_UTILISATION,
        DISCONTINUITIES,
        OPTICAL_RECEIVE,
        OPTICAL_SEND,
        OPTICAL_LOST,
        OPTICAL_BIAS,
        OPTICAL_TEMPERATURE,
        ON_BATTERY,
        RUNTIME,
        CHARGE,
        LOAD,
        INPUT,
        TEMPERATURE,
        REJECTED,
    ),
)
