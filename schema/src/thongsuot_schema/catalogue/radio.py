"""The radio of a mobile link: LTE anchor and NR leg apart (3GPP TS 36.214, TS 38.215)."""

from thongsuot_schema.metric import (
    Metric,
    MetricType,
    ProbeKind,
    Thresholds,
    Unit,
    boolean_metric,
)

LEGS = {"lte": "LTE", "nr": "5G NR"}


_LIMITS = {
    "rsrp": Thresholds(warn=-100.0, bad=-110.0, low_is_bad=True),
    "rsrq": Thresholds(warn=-15.0, bad=-19.0, low_is_bad=True),
    "sinr": Thresholds(warn=5.0, bad=0.0, low_is_bad=True),
}
"""The project's own: from about here on a modem at rest loses rate, then packets."""


def _leg(
    leg: str, quantity: str, unit: Unit, texts: tuple[str, str], bounds: tuple[float, float]
) -> Metric:
    step = 1.0 if unit is Unit.NUMBER else 0.1
    return Metric(
        name=f"radio_{leg}_{quantity}_{unit}",
        unit=unit,
        help_en=texts[0].format(leg=LEGS[leg]),
        help_vi=texts[1].format(leg=LEGS[leg]),
        resolution=step,
        minimum=bounds[0],
        maximum=bounds[1],
        limits=_LIMITS.get(quantity),
    )


_RSRP = ("Power of the reference signal of the {leg} cell (RSRP)", "Mức thu sóng {leg} (RSRP)")
_RSRQ = ("Quality of the reference signal of the {leg} cell (RSRQ)", "Chất lượng sóng {leg} (RSRQ)")
_SINR = ("Signal to noise and interference of {leg} (SINR)", "Tỷ số tín hiệu trên nhiễu {leg}")
_RSSI = ("Power of the whole channel of {leg} (RSSI)", "Công suất thu toàn kênh {leg} (RSSI)")
_BAND = ("Number of the band of the {leg} cell", "Băng tần {leg}")
_ARFCN = ("Number of the channel of the {leg} cell (EARFCN, NR-ARFCN)", "Số kênh {leg}")
_PCI = ("Physical identity of the {leg} cell (PCI)", "Mã vật lý của ô {leg} (PCI)")
_DBM, _DB, _NUMBER = Unit.DBM, Unit.DECIBELS, Unit.NUMBER
# Plausible range: TS 38.133, tables 10.1.6.1-1, 10.1.11.1-1 and 10.1.16.1-1; wider than LTE's.
_POWERS, _QUALITIES, _RATIOS, _TOTALS = (
    (-156.0, -31.0),
    (-43.0, 20.0),
    (-23.0, 40.0),
    (-125.0, -20.0),
)

LTE_RSRP = _leg("lte", "rsrp", _DBM, _RSRP, _POWERS)
LTE_RSRQ = _leg("lte", "rsrq", _DB, _RSRQ, _QUALITIES)
LTE_SINR = _leg("lte", "sinr", _DB, _SINR, _RATIOS)
LTE_RSSI = _leg("lte", "rssi", _DBM, _RSSI, _TOTALS)
LTE_BAND = _leg("lte", "band", _NUMBER, _BAND, (0.0, 1024.0))
LTE_ARFCN = _leg("lte", "channel", _NUMBER, _ARFCN, (0.0, 3279165.0))
LTE_PCI = _leg("lte", "pci", _NUMBER, _PCI, (0.0, 1007.0))
NR_RSRP = _leg("nr", "rsrp", _DBM, _RSRP, _POWERS)
NR_RSRQ = _leg("nr", "rsrq", _DB, _RSRQ, _QUALITIES)
NR_SINR = _leg("nr", "sinr", _DB, _SINR, _RATIOS)
NR_RSSI = _leg("nr", "rssi", _DBM, _RSSI, _TOTALS)
NR_BAND = _leg("nr", "band", _NUMBER, _BAND, (0.0, 1024.0))
NR_ARFCN = _leg("nr", "channel", _NUMBER, _ARFCN, (0.0, 3279165.0))
NR_PCI = _leg("nr", "pci", _NUMBER, _PCI, (0.0, 1007.0))

TECHNOLOGIES = {"none": 0, "gsm": 2, "umts": 3, "lte": 4, "nr_nsa": 5, "nr_sa": 6}
"""Values of ``TECHNOLOGY``; a lower one is a fallback."""


def _counter(quantity: str, unit: Unit, help_en: str, help_vi: str) -> Metric:
    return Metric(
        name=f"radio_{quantity}{unit.ending}_total",
        unit=unit,
        type=MetricType.COUNTER,
        help_en=help_en,
        help_vi=help_vi,
        resolution=1.0,
        minimum=0.0,
    )


TECHNOLOGY = Metric(
    name="radio_technology_number",
    unit=Unit.NUMBER,
    help_en="Technology that serves: 0 none, 2 GSM, 3 UMTS, 4 LTE, 5 NR beside LTE, 6 NR alone",
    help_vi="Công nghệ đang dùng: 0 không có, 2 GSM, 3 UMTS, 4 LTE, 5 5G NSA, 6 5G SA",
    resolution=1.0,
    minimum=0.0,
    maximum=6.0,
)
REGISTERED = boolean_metric(
    "radio_registered", "1 when the modem is registered in a network", "Đã đăng ký vào mạng"
)
MODEM_PRESENT = boolean_metric(
    "radio_modem_present",
    "1 when there is a modem, 0 when the device's modem manager finds none",
    "Thiết bị có modem",
)
ROAMING = boolean_metric(
    "radio_roaming", "1 when the network is not the SIM's own", "Đang chuyển vùng"
)
SIM_READY = boolean_metric("radio_sim_ready", "1 when the SIM can be used", "SIM sẵn sàng")
CONNECTED = boolean_metric(
    "radio_connected", "1 when the modem carries a data connection", "Đã kết nối dữ liệu"
)
OWN_NETWORK = boolean_metric(
    "radio_contract_network",
    "1 when the network that serves is one of the contract's carrier, else 0",
    "Đúng mạng của nhà mạng trong hợp đồng",
)
OWN_APN = boolean_metric(
    "radio_contract_apn",
    "1 when the access point (APN) in use is the contract's, 0 when it is not or is unknown",
    "Đúng điểm truy cập (APN) của hợp đồng",
)
SHOWS_NR = boolean_metric(
    "radio_nr_reporting_supported",
    "1 when the source can show an NR leg, 0 when it never does, so that its absence says nothing",
    "Nguồn đo có thể cho biết nhánh 5G",
)
CELL_CHANGES = _counter(
    "cell_changes", Unit.COUNT, "Times the cell that serves changed", "Số lần đổi trạm"
)
TECHNOLOGY_CHANGES = _counter(
    "technology_changes", Unit.COUNT, "Times the technology changed", "Số lần đổi công nghệ"
)
FALLBACKS = _counter(
    "fallbacks",
    Unit.COUNT,
    "Times the technology changed to an older one",
    "Số lần tụt xuống công nghệ cũ hơn",
)
RECEIVED = _counter(
    "received", Unit.BYTES, "Bytes that the modem received, added up", "Số byte modem đã nhận"
)
SENT = _counter("sent", Unit.BYTES, "Bytes that the modem sent, added up", "Số byte modem đã gửi")
TEMPERATURE = Metric(
    name="radio_modem_temperature_celsius",
    unit=Unit.CELSIUS,
    help_en="Temperature of the modem",
    help_vi="Nhiệt độ modem",
    resolution=0.1,
    minimum=-60.0,
    maximum=150.0,
)
REJECTED = Metric(
    name="radio_values_rejected",
    unit=Unit.COUNT,
    help_en="Values of this run that mean nothing: marks for absent, out of range, contradictory",
    help_vi="Số giá trị bị loại trong lần đo này",
    resolution=1.0,
    minimum=0.0,
)

KIND = ProbeKind(
    name="radio",
    revision=1,
    title_en="Mobile radio",
    title_vi="Sóng di động",
    metrics=(
        LTE_RSRP,
        LTE_RSRQ,
        LTE_SINR,
        LTE_RSSI,
        LTE_BAND,
        LTE_ARFCN,
        LTE_PCI,
        NR_RSRP,
        NR_RSRQ,
        NR_SINR,
        NR_RSSI,
        NR_BAND,
        NR_ARFCN,
        NR_PCI,
        TECHNOLOGY,
        MODEM_PRESENT,
        REGISTERED,
        ROAMING,
        SIM_READY,
        CONNECTED,
        OWN_NETWORK,
        OWN_APN,
        SHOWS_NR,
        CELL_CHANGES,
        TECHNOLOGY_CHANGES,
        FALLBACKS,
        RECEIVED,
        SENT,
        TEMPERATURE,
        REJECTED,
    ),
)
