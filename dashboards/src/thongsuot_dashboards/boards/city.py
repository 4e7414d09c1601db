"""City: all communes at a glance, and where to look first."""

from thongsuot_dashboards import collector_metrics, value_mappings
from thongsuot_dashboards.availability import OutageQueries
from thongsuot_dashboards.link_minutes import LINK_LABELS, STRETCHES
from thongsuot_dashboards.open_incidents import open_incidents
from thongsuot_dashboards.panels.bar_gauge import BarGaugePanel
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.state_timeline import StateTimelinePanel
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import instant_query, range_query, selector
from thongsuot_dashboards.recording_rules import (
    CARRIER_DOWN,
    CARRIER_LINKS,
    COMMUNE_STATE,
    LINK_LOSS,
    LINK_RTT,
    SITE_STATE,
    with_name,
)
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import CARRIER, COMMUNE
from thongsuot_schema.catalogue import icmp, verdict
from thongsuot_schema.metric import Thresholds, Unit

_HERE = {"commune": "$commune"}
_LINKS = {"commune": "$commune", "carrier": "$carrier"}
_TO_SITE = DataLink(
    board="thongsuot-site",
    title=BilingualText("Mở điểm phục vụ", "Open the site"),
    labels=("commune",),
)
_TO_LINK = DataLink(
    board="thongsuot-link",
    title=BilingualText("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)

_COMMUNES = selector(COMMUNE_STATE, **_HERE)
_SITES = selector(SITE_STATE, **_HERE)
_STATE = selector(verdict.STATE.full_name, link="!=", target="=", **_LINKS)
_SEGMENT = selector(verdict.SEGMENT.full_name, link="!=", target="=", **_LINKS)
_OUTAGES = OutageQueries(_LINKS, by_carrier=False)
_WORST = f"topk(20, {_OUTAGES.unwell_ratio(LINK_LABELS)})"


def _count(
    series: str, value: int, title: BilingualText, description: BilingualText, color: str
) -> StatPanel:
    return StatPanel(
        title=title,
        description=description,
        queries=(instant_query(f"count({series} == {value}) or vector(0)"),),
        field_config=FieldConfig(unit=Unit.COUNT, color=color, colored_from=1.0),
    )


def _of_worst(expr: str) -> str:
    return f"max by ({LINK_LABELS}) ({expr}) and {_WORST}"


_FIGURES = (
    _count(
        _SITES,
        0,
        BilingualText("Điểm phục vụ tốt", "Sites well"),
        BilingualText("Mọi đường truyền đều tốt", "Every link of the site is up"),
        "green",
    ),
    _count(
        _SITES,
        1,
        BilingualText("Điểm có lỗi", "Sites with a fault"),
        BilingualText("Còn kết nối, có đường truyền lỗi", "Still connected, with a link at fault"),
        "orange",
    ),
    _count(
        _SITES,
        2,
        BilingualText("Điểm mất kết nối", "Sites cut off"),
        BilingualText("Mọi đường truyền đều mất", "Every link is down"),
        "red",
    ),
    _count(
        _STATE,
        2,
        BilingualText("Đường truyền mất", "Links down"),
        BilingualText("Số đường truyền đang mất kết nối", "Links that are down now"),
        "dark-red",
    ),
    StatPanel(
        title=BilingualText("Thiết bị mất liên lạc", "Devices silent"),
        description=BilingualText(
            "Thiết bị không gửi dữ liệu; chưa biết đường truyền ra sao",
            "Devices that send no data; the state of their links is unknown",
        ),
        queries=(instant_query(f'sum({collector_metrics.SITES}{{heard="no"}})'),),
        field_config=FieldConfig(unit=Unit.COUNT, limits=Thresholds(warn=1.0)),
    ),
)

_WORST_LINKS = TablePanel(
    title=BilingualText("Đường truyền kém nhất", "Worst links"),
    description=BilingualText(
        "20 đường truyền có thời gian lỗi dài nhất trong khoảng đang xem",
        "The 20 links with the longest time of faults within the displayed time",
    ),
    labels=(
        LabelColumn(name="commune", title=BilingualText("Mã xã", "Commune")),
        LabelColumn(name="site", title=BilingualText("Điểm", "Site")),
        LabelColumn(name="link", title=BilingualText("Đường truyền", "Link"), link=_TO_LINK),
        LabelColumn(name="medium", title=BilingualText("Loại", "Medium")),
        LabelColumn(name="carrier", title=BilingualText("Nhà mạng", "Carrier")),
    ),
    columns=(
        TableColumn(
            title=BilingualText("Thời gian lỗi", "Not well"),
            expr=_WORST,
            field_config=FieldConfig(
                unit=Unit.RATIO, limits=Thresholds(warn=0.005, bad=0.05), decimals=1
            ),
        ),
        TableColumn(
            title=BilingualText("Độ khả dụng", "Availability"),
            expr=f"({_OUTAGES.available_ratio(LINK_LABELS)}) and {_WORST}",
            field_config=FieldConfig(unit=Unit.RATIO, decimals=2),
        ),
        TableColumn(
            title=BilingualText("Hiện tại", "Now"),
            expr=_of_worst(_STATE),
            field_config=value_mappings.LINK_STATE,
        ),
        TableColumn(
            title=BilingualText("Phân đoạn lỗi", "Segment"),
            expr=_of_worst(_SEGMENT),
            field_config=value_mappings.SEGMENT,
        ),
        TableColumn(
            title=BilingualText("Độ trễ", "RTT"),
            expr=_of_worst(selector(LINK_RTT, **_LINKS)),
            field_config=metric_field_config(icmp.RTT),
        ),
        TableColumn(
            title=BilingualText("Mất gói", "Loss"),
            expr=_of_worst(selector(LINK_LOSS, **_LINKS)),
            field_config=metric_field_config(icmp.LOSS),
        ),
    ),
    height=10,
)

BOARD = Board(
    uid="thongsuot-city",
    title=BilingualText("Thông Suốt · Thành phố", "Thông Suốt · City"),
    description=BilingualText(
        "Toàn thành phố: xã, phường nào có lỗi, nhà mạng nào, xem đâu trước",
        "The whole city: which communes, which carriers, where to look first",
    ),
    variables=(COMMUNE, CARRIER),
    stretches=STRETCHES,
    rows=(
        _FIGURES,
        (open_incidents(**_HERE),),
        (
            StatPanel(
                title=BilingualText("126 xã, phường", "The 126 communes"),
                description=BilingualText(
                    "Điểm kém nhất của mỗi xã, phường; ô không có là chưa có dữ liệu",
                    "The worst site of each commune; a missing commune has no data",
                ),
                queries=(instant_query(with_name(_COMMUNES), "{{commune_name}}"),),
                field_config=FieldConfig(
                    mappings=value_mappings.SITE_STATE.mappings, link=_TO_SITE
                ),
                names_only=True,
                height=12,
            ),
        ),
        (
            StateTimelinePanel(
                title=BilingualText("Xã, phường có lỗi", "Communes with faults"),
                description=BilingualText(
                    "Chỉ những nơi có lỗi trong khoảng đang xem",
                    "Only those that had a fault within the displayed time",
                ),
                queries=(
                    range_query(
                        with_name(
                            f"{_COMMUNES} and (max_over_time({_COMMUNES}[$__range] @ end()) > 0)"
                        ),
                        "{{commune_name}}",
                    ),
                ),
                field_config=FieldConfig(
                    mappings=value_mappings.SITE_STATE.mappings, link=_TO_SITE
                ),
                height=10,
            ),
        ),
        (_WORST_LINKS,),
        (
            BarGaugePanel(
                title=BilingualText(
                    "Tỷ lệ đường truyền mất, theo nhà mạng", "Links down, by carrier"
                ),
                description=BilingualText(
                    "Trên số đường truyền đã biết tình trạng",
                    "Of the links whose state is known",
                ),
                queries=(
                    instant_query(
                        f"{selector(CARRIER_DOWN, carrier='$carrier')}"
                        f" / {selector(CARRIER_LINKS, carrier='$carrier')}",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=FieldConfig(
                    unit=Unit.RATIO, limits=Thresholds(warn=0.01, bad=0.1), minimum=0, maximum=1
                ),
                width=8,
            ),
            TimeSeriesPanel(
                title=BilingualText("Đường truyền mất", "Links down"),
                description=BilingualText("Theo nhà mạng và loại đường", "By carrier and medium"),
                queries=(
                    range_query(
                        selector(CARRIER_DOWN, carrier="$carrier"), "{{carrier}} {{medium}}"
                    ),
                ),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0, decimals=0),
                width=16,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Độ trễ giữa các nhà mạng", "Round-trip time by carrier"),
                description=BilingualText(
                    "Trung vị các đường truyền", "Median of the links of each carrier"
                ),
                queries=(
                    range_query(
                        f"quantile by (carrier, medium) (0.5, {selector(LINK_RTT, **_LINKS)})",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=metric_field_config(icmp.RTT),
            ),
            TimeSeriesPanel(
                title=BilingualText("Mất gói giữa các nhà mạng", "Loss by carrier"),
                description=BilingualText("Trung bình các đường truyền", "Mean of the links"),
                queries=(
                    range_query(
                        f"avg by (carrier, medium) ({selector(LINK_LOSS, **_LINKS)})",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=metric_field_config(icmp.LOSS),
            ),
        ),
    ),
)
