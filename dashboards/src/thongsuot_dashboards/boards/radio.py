"""5G radio: the cell of each mobile link, its signal, and whether the signal explains its loss."""

from thongsuot_dashboards import value_mappings
from thongsuot_dashboards.annotations import link_down
from thongsuot_dashboards.link_minutes import LINK_LABELS
from thongsuot_dashboards.panels.board import Board, Variable
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.state_timeline import StateTimelinePanel
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.panels.xy_chart import Axis, XYChartPanel
from thongsuot_dashboards.query import Query, instant_query, range_query, selector
from thongsuot_dashboards.recording_rules import LINK_LOSS
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import CARRIER, COMMUNE
from thongsuot_schema.catalogue import icmp, radio
from thongsuot_schema.metric import Metric, Thresholds, Unit

_MANY = {"commune": "$commune", "carrier": "$carrier"}
_HERE = {"site": "$site"}
_SITE = Variable(
    label="site",
    series=selector(radio.TECHNOLOGY.full_name, **_MANY),
    title=BilingualText("Điểm phục vụ", "Site"),
    is_single=True,
)
_LEGEND = "{{site}} {{link}} {{carrier}}"
_TO_LINK = DataLink(
    board="thongsuot-link",
    title=BilingualText("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_RADIO_LINKS = f"on (site, link) {selector(radio.TECHNOLOGY.full_name, **_HERE)}"
_LOSS = f"({selector(LINK_LOSS, **_HERE)} and {_RADIO_LINKS})"


def _of_link(metric: Metric) -> str:
    return f"max by ({LINK_LABELS}) ({selector(metric.full_name, **_MANY)})"


def _rises(metric: Metric, window: str = "$__range") -> str:
    series = selector(metric.full_name, **_MANY)
    return f"max by ({LINK_LABELS}) (increase({series}[{window}]))"


def _here(metric: Metric, legend: str) -> Query:
    return range_query(selector(metric.full_name, **_HERE), f"{{{{link}}}} {legend}")


_TECHNOLOGIES = {2: "2G", 3: "3G", 4: "4G", 5: "5G NSA", 6: "5G SA"}

_LINKS = TablePanel(
    title=BilingualText("Từng đường truyền di động", "Each mobile link"),
    description=BilingualText(
        "Sóng yếu mà mất gói: đặt lại ăng-ten; sóng mạnh mà mất gói: trạm quá tải hoặc nhà mạng",
        "Weak signal with loss: move the antenna; strong signal with loss: a congested cell, or "
        "the carrier",
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
            title=BilingualText("RSRP 5G", "NR RSRP"),
            expr=_of_link(radio.NR_RSRP),
            field_config=metric_field_config(radio.NR_RSRP),
        ),
        TableColumn(
            title=BilingualText("SINR 5G", "NR SINR"),
            expr=_of_link(radio.NR_SINR),
            field_config=metric_field_config(radio.NR_SINR),
        ),
        TableColumn(
            title=BilingualText("RSRP LTE", "LTE RSRP"),
            expr=_of_link(radio.LTE_RSRP),
            field_config=metric_field_config(radio.LTE_RSRP),
        ),
        TableColumn(
            title=BilingualText("Công nghệ", "Technology"),
            expr=_of_link(radio.TECHNOLOGY),
            field_config=value_mappings.TECHNOLOGY,
        ),
        TableColumn(
            title=BilingualText("Băng tần 5G", "NR band"),
            expr=_of_link(radio.NR_BAND),
            field_config=FieldConfig(decimals=0),
        ),
        TableColumn(
            title=BilingualText("Đúng nhà mạng", "Contract's network"),
            expr=_of_link(radio.OWN_NETWORK),
            field_config=value_mappings.YES_NO,
        ),
        TableColumn(
            title=BilingualText("Đổi trạm", "Cell changes"),
            expr=_rises(radio.CELL_CHANGES),
            field_config=FieldConfig(unit=Unit.COUNT, decimals=0),
        ),
        TableColumn(
            title=BilingualText("Tụt công nghệ", "Fallbacks"),
            expr=_rises(radio.FALLBACKS),
            field_config=FieldConfig(
                unit=Unit.COUNT, limits=Thresholds(warn=1.0, bad=10.0), decimals=0
            ),
        ),
    ),
    low_first=True,
    height=10,
)

BOARD = Board(
    uid="thongsuot-radio",
    title=BilingualText("Thông Suốt · Sóng 5G", "Thông Suốt · 5G radio"),
    description=BilingualText(
        "Đường truyền di động: công nghệ, trạm, mức thu, và mức thu so với mất gói",
        "Mobile links: technology, cells, signal, and signal against loss",
    ),
    variables=(COMMUNE, CARRIER, _SITE),
    annotations=(link_down(medium="5g|4g", **_HERE),),
    rows=(
        (
            StatPanel(
                title=BilingualText("Công nghệ hiện tại", "Technology now"),
                description=BilingualText(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=tuple(
                    instant_query(
                        f"count({selector(radio.TECHNOLOGY.full_name, **_MANY)} == {value})", name
                    )
                    for value, name in _TECHNOLOGIES.items()
                ),
                field_config=FieldConfig(unit=Unit.COUNT, color="blue"),
            ),
        ),
        (_LINKS,),
        (
            StateTimelinePanel(
                title=BilingualText("Công nghệ theo thời gian", "Technology over time"),
                description=BilingualText(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=(range_query(selector(radio.TECHNOLOGY.full_name, **_MANY), _LEGEND),),
                field_config=FieldConfig(
                    mappings=value_mappings.TECHNOLOGY.mappings, link=_TO_LINK
                ),
                height=8,
            ),
            TimeSeriesPanel(
                title=BilingualText("Đổi trạm mỗi giờ", "Cell changes an hour"),
                description=BilingualText(radio.CELL_CHANGES.help_vi, radio.CELL_CHANGES.help_en),
                queries=(range_query(_rises(radio.CELL_CHANGES, "1h"), _LEGEND),),
                field_config=FieldConfig(unit=Unit.COUNT, minimum=0),
                height=8,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Mức thu (RSRP) tại điểm", "Signal (RSRP) at the site"),
                description=BilingualText(radio.NR_RSRP.help_vi, radio.NR_RSRP.help_en),
                queries=(_here(radio.NR_RSRP, "5G"), _here(radio.LTE_RSRP, "LTE")),
                field_config=metric_field_config(radio.NR_RSRP),
            ),
            TimeSeriesPanel(
                title=BilingualText("Tín hiệu trên nhiễu (SINR) tại điểm", "SINR at the site"),
                description=BilingualText(radio.NR_SINR.help_vi, radio.NR_SINR.help_en),
                queries=(_here(radio.NR_SINR, "5G"), _here(radio.LTE_SINR, "LTE")),
                field_config=metric_field_config(radio.NR_SINR),
            ),
            TimeSeriesPanel(
                title=BilingualText("Trạm (PCI) tại điểm", "Cell (PCI) at the site"),
                description=BilingualText(radio.NR_PCI.help_vi, radio.NR_PCI.help_en),
                queries=(_here(radio.NR_PCI, "5G"), _here(radio.LTE_PCI, "LTE")),
                field_config=FieldConfig(decimals=0),
            ),
        ),
        (
            XYChartPanel(
                title=BilingualText("Mức thu so với mất gói", "Signal against loss"),
                description=BilingualText(
                    "Mỗi điểm là một lúc; dốc sang trái: sóng yếu gây mất gói",
                    "A point for each moment; rising to the left: weak signal loses packets",
                ),
                x=Axis(
                    title=BilingualText("RSRP 5G", "NR RSRP"),
                    expr=f"max({selector(radio.NR_RSRP.full_name, **_HERE)})",
                    field_config=FieldConfig(unit=Unit.DBM),
                ),
                y=Axis(
                    title=BilingualText("Mất gói 1 phút", "Loss over a minute"),
                    expr=f"avg({_LOSS})",
                    field_config=FieldConfig(unit=Unit.RATIO),
                ),
            ),
            TimeSeriesPanel(
                title=BilingualText(
                    "Mất gói của đường di động tại điểm", "Loss of the mobile link"
                ),
                description=BilingualText(icmp.LOSS.help_vi, icmp.LOSS.help_en),
                queries=(
                    range_query(
                        f"avg by (link) ({_LOSS})",
                        "{{link}}",
                    ),
                ),
                field_config=metric_field_config(icmp.LOSS),
            ),
            TimeSeriesPanel(
                title=BilingualText("Nhiệt độ modem", "Temperature of the modem"),
                description=BilingualText(radio.TEMPERATURE.help_vi, radio.TEMPERATURE.help_en),
                queries=(_here(radio.TEMPERATURE, ""),),
                field_config=FieldConfig(unit=Unit.CELSIUS),
            ),
        ),
    ),
)
