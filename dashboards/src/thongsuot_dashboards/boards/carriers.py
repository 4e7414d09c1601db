"""Carriers: the service of each, against the regulation's floor and against the others."""

from thongsuot_dashboards import value_mappings
from thongsuot_dashboards.availability import OutageQueries
from thongsuot_dashboards.link_minutes import STRETCHES
from thongsuot_dashboards.open_incidents import open_incidents
from thongsuot_dashboards.panels.bar_gauge import BarGaugePanel
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import instant_query, range_query, selector
from thongsuot_dashboards.recording_rules import CARRIER_DOWN, CARRIER_LINKS, LINK_LOSS, LINK_RTT
from thongsuot_dashboards.regulation import AVAILABILITY
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import CARRIER, MEDIUM
from thongsuot_schema.catalogue import dns, icmp, verdict
from thongsuot_schema.metric import Thresholds, Unit

_HERE = {"carrier": "$carrier", "medium": "$medium"}
_BY = "carrier, medium"
_LEGEND = "{{carrier}} {{medium}}"
_THEIRS = OutageQueries(_HERE, by_carrier=True)
_ALL = OutageQueries(_HERE, by_carrier=False)
_CIRCUIT = "commune, site, link, carrier, medium"
_TO_LINK = DataLink(
    board="thongsuot-link",
    title=BilingualText("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_HOUR_S = 3600.0
_STATE = selector(verdict.STATE.full_name, link="!=", target="=", **_HERE)
_WORST = f"topk(30, {_THEIRS.down_s(_CIRCUIT)})"

_SUMMARY = TablePanel(
    title=BilingualText("So sánh các nhà mạng", "The carriers compared"),
    description=BilingualText(
        "Chỉ tính lỗi thuộc trách nhiệm nhà mạng (đường truyền, mạng lõi, ngoài mạng). Ngưỡng"
        " 99,5 % là của QCVN 34:2022; bảng này lấy mẫu mỗi phút",
        "Only faults for which the carrier is responsible (access, core, beyond). The floor of "
        "99.5 % is from QCVN 34:2022; the board samples once a minute",
    ),
    labels=(
        LabelColumn(name="carrier", title=BilingualText("Nhà mạng", "Carrier")),
        LabelColumn(name="medium", title=BilingualText("Loại", "Medium")),
    ),
    columns=(
        TableColumn(
            title=BilingualText("Độ khả dụng", "Availability"),
            expr=_THEIRS.available_ratio(_BY),
            field_config=FieldConfig(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        TableColumn(
            title=BilingualText("Kém nhất", "Worst circuit"),
            expr=f"min by ({_BY}) ({_THEIRS.available_ratio(_CIRCUIT)})",
            field_config=FieldConfig(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        TableColumn(
            title=BilingualText("Mạch dưới ngưỡng", "Circuits below the floor"),
            expr=f"sum by ({_BY}) (({_THEIRS.available_ratio(_CIRCUIT)})"
            f" < bool {AVAILABILITY.bad})",
            field_config=FieldConfig(unit=Unit.COUNT, limits=Thresholds(warn=1.0)),
        ),
        TableColumn(
            title=BilingualText("Số lần mất", "Outages"),
            expr=_THEIRS.count(_BY),
            field_config=FieldConfig(unit=Unit.COUNT, decimals=0),
        ),
        TableColumn(
            title=BilingualText("Thời gian khắc phục TB", "MTTR"),
            expr=_THEIRS.mean_s(_BY),
            field_config=FieldConfig(unit=Unit.SECONDS),
        ),
        TableColumn(
            title=BilingualText("Độ trễ", "RTT"),
            expr=f"quantile by ({_BY}) (0.5, {selector(LINK_RTT, **_HERE)})",
            field_config=metric_field_config(icmp.RTT),
        ),
        TableColumn(
            title=BilingualText("Mất gói", "Loss"),
            expr=f"avg by ({_BY}) ({selector(LINK_LOSS, **_HERE)})",
            field_config=metric_field_config(icmp.LOSS),
        ),
    ),
    low_first=True,
)

_CIRCUITS = TablePanel(
    title=BilingualText("Mạch mất kết nối lâu nhất", "Circuits that were down the longest"),
    description=BilingualText(
        "Trong khoảng đang xem, lỗi thuộc nhà mạng",
        "Within the displayed time, by the carrier's fault",
    ),
    labels=(
        LabelColumn(name="commune", title=BilingualText("Mã xã", "Commune")),
        LabelColumn(name="site", title=BilingualText("Điểm", "Site")),
        LabelColumn(name="link", title=BilingualText("Đường truyền", "Link"), link=_TO_LINK),
        LabelColumn(name="carrier", title=BilingualText("Nhà mạng", "Carrier")),
        LabelColumn(name="medium", title=BilingualText("Loại", "Medium")),
    ),
    columns=(
        TableColumn(
            title=BilingualText("Mất kết nối", "Down for"),
            expr=_WORST,
            field_config=FieldConfig(
                unit=Unit.SECONDS, limits=Thresholds(warn=_HOUR_S / 2, bad=4 * _HOUR_S)
            ),
        ),
        TableColumn(
            title=BilingualText("Độ khả dụng", "Availability"),
            expr=f"({_THEIRS.available_ratio(_CIRCUIT)}) and {_WORST}",
            field_config=FieldConfig(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        TableColumn(
            title=BilingualText("Số lần mất", "Outages"),
            expr=f"({_THEIRS.count(_CIRCUIT)}) and {_WORST}",
            field_config=FieldConfig(unit=Unit.COUNT, decimals=0),
        ),
        TableColumn(
            title=BilingualText("Hiện tại", "Now"),
            expr=f"max by ({_CIRCUIT}) ({_STATE}) and {_WORST}",
            field_config=value_mappings.LINK_STATE,
        ),
    ),
)

BOARD = Board(
    uid="thongsuot-carriers",
    title=BilingualText("Thông Suốt · Nhà mạng", "Thông Suốt · Carriers"),
    description=BilingualText(
        "Độ khả dụng so với ngưỡng, thời gian khắc phục, so sánh giữa các nhà mạng",
        "Availability against the floor, time to restore, carriers compared",
    ),
    variables=(CARRIER, MEDIUM),
    stretches=STRETCHES,
    span="24h",
    rows=(
        (_SUMMARY,),
        (open_incidents(party="carrier", name="$carrier"),),
        (
            BarGaugePanel(
                title=BilingualText("Độ khả dụng", "Availability"),
                description=BilingualText(
                    "Lỗi thuộc nhà mạng; từ 99 đến 100 %", "Carrier's faults; 99 to 100 %"
                ),
                queries=(instant_query(_THEIRS.available_ratio(_BY), _LEGEND),),
                field_config=FieldConfig(
                    unit=Unit.RATIO, limits=AVAILABILITY, minimum=0.99, maximum=1, decimals=3
                ),
            ),
            BarGaugePanel(
                title=BilingualText(
                    "Mất kết nối do phía điểm phục vụ", "Down by the site's own fault"
                ),
                description=BilingualText(
                    "Phần mất kết nối mà nhà mạng không chịu trách nhiệm (nguồn, thiết bị, nội bộ)",
                    "Outages for which the carrier is not responsible (power, equipment, local "
                    "network)",
                ),
                queries=(
                    instant_query(f"{_ALL.down_ratio(_BY)} - {_THEIRS.down_ratio(_BY)}", _LEGEND),
                ),
                field_config=FieldConfig(unit=Unit.RATIO, color="blue", minimum=0, decimals=3),
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Đường truyền mất", "Links down"),
                description=BilingualText(
                    "Số đường truyền mất cùng lúc; nhiều cùng lúc là sự cố của nhà mạng",
                    "Links down at the same time; many at once are one outage",
                ),
                queries=(range_query(selector(CARRIER_DOWN, **_HERE), _LEGEND),),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
            TimeSeriesPanel(
                title=BilingualText("Số đường truyền đã biết", "Links with a known state"),
                description=BilingualText(
                    "Đường truyền có kết luận; giảm là thiết bị mất liên lạc",
                    "Links with a verdict; a drop means that devices are silent",
                ),
                queries=(range_query(selector(CARRIER_LINKS, **_HERE), _LEGEND),),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
        ),
        (_CIRCUITS,),
        (
            TimeSeriesPanel(
                title=BilingualText("Độ trễ: trung vị các đường truyền", "Round-trip time: median"),
                description=BilingualText("Đích ngoài điểm phục vụ", "Targets beyond the site"),
                queries=(
                    range_query(
                        f"quantile by ({_BY}) (0.5, {selector(LINK_RTT, **_HERE)})", _LEGEND
                    ),
                ),
                field_config=metric_field_config(icmp.RTT),
            ),
            TimeSeriesPanel(
                title=BilingualText(
                    "Độ trễ: 95 % các đường truyền", "Round-trip time: 95 % of links"
                ),
                description=BilingualText("Đích ngoài điểm phục vụ", "Targets beyond the site"),
                queries=(
                    range_query(
                        f"quantile by ({_BY}) (0.95, {selector(LINK_RTT, **_HERE)})", _LEGEND
                    ),
                ),
                field_config=metric_field_config(icmp.RTT),
            ),
            TimeSeriesPanel(
                title=BilingualText("Tên miền: trung vị", "Name lookups: median"),
                description=BilingualText(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(
                    range_query(
                        f"quantile by ({_BY}) (0.5, {selector(dns.LOOKUP.full_name, **_HERE)})",
                        _LEGEND,
                    ),
                ),
                field_config=metric_field_config(dns.LOOKUP),
            ),
        ),
    ),
)
