"""5G radio: what serves each mobile link, how strong it is, and whether that explains its loss."""

from thongsuot_dashboards import naming
from thongsuot_dashboards.choices import CARRIER, COMMUNE
from thongsuot_dashboards.marks import link_down
from thongsuot_dashboards.panels.board import Board, Variable
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.scatter import Axis, Scatter
from thongsuot_dashboards.panels.states import States
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import Query, now, over, selector
from thongsuot_dashboards.recorded import LINK_LABELS
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import icmp, radio
from thongsuot_schema.metric import Limits, Metric, Unit

_MANY = {"commune": "$commune", "carrier": "$carrier"}
_HERE = {"site": "$site"}
_SITE = Variable(
    label="site",
    series=selector(radio.TECHNOLOGY.full_name, **_MANY),
    title=Text("Điểm phục vụ", "Site"),
    is_single=True,
)
_LEGEND = "{{site}} {{link}} {{carrier}}"
_TO_LINK = Way(
    board="thongsuot-link",
    title=Text("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_RADIO_LINKS = f"on (site, link) {selector(radio.TECHNOLOGY.full_name, **_HERE)}"
_LOSS = selector(icmp.LOSS.full_name, target="!=gateway", **_HERE)


def _of_link(metric: Metric) -> str:
    return f"max by ({LINK_LABELS}) ({selector(metric.full_name, **_MANY)})"


def _rises(metric: Metric, window: str = "$__range") -> str:
    series = selector(metric.full_name, **_MANY)
    return f"max by ({LINK_LABELS}) (increase({series}[{window}]))"


def _here(metric: Metric, legend: str) -> Query:
    return over(selector(metric.full_name, **_HERE), f"{{{{link}}}} {legend}")


_TECHNOLOGIES = {2: "2G", 3: "3G", 4: "4G", 5: "5G NSA", 6: "5G SA"}

_LINKS = Table(
    title=Text("Từng đường truyền di động", "Each mobile link"),
    description=Text(
        "Sóng yếu mà mất gói: đặt lại ăng-ten; sóng mạnh mà mất gói: trạm quá tải hoặc nhà mạng",
        "Weak and lossy: move the antenna; strong and lossy: a full cell, or the carrier",
    ),
    labels=(
        Label(name="commune", title=Text("Mã xã", "Commune")),
        Label(name="site", title=Text("Điểm", "Site")),
        Label(name="link", title=Text("Đường truyền", "Link"), way=_TO_LINK),
        Label(name="medium", title=Text("Loại", "Medium")),
        Label(name="carrier", title=Text("Nhà mạng", "Carrier")),
    ),
    columns=(
        Column(
            title=Text("RSRP 5G", "NR RSRP"),
            expr=_of_link(radio.NR_RSRP),
            look=look_of(radio.NR_RSRP),
        ),
        Column(
            title=Text("SINR 5G", "NR SINR"),
            expr=_of_link(radio.NR_SINR),
            look=look_of(radio.NR_SINR),
        ),
        Column(
            title=Text("RSRP LTE", "LTE RSRP"),
            expr=_of_link(radio.LTE_RSRP),
            look=look_of(radio.LTE_RSRP),
        ),
        Column(
            title=Text("Công nghệ", "Technology"),
            expr=_of_link(radio.TECHNOLOGY),
            look=naming.TECHNOLOGY,
        ),
        Column(
            title=Text("Băng tần 5G", "NR band"),
            expr=_of_link(radio.NR_BAND),
            look=Look(decimals=0),
        ),
        Column(
            title=Text("Đúng nhà mạng", "Contract's network"),
            expr=_of_link(radio.OWN_NETWORK),
            look=naming.YES_NO,
        ),
        Column(
            title=Text("Đổi trạm", "Cell changes"),
            expr=_rises(radio.CELL_CHANGES),
            look=Look(unit=Unit.COUNT, decimals=0),
        ),
        Column(
            title=Text("Tụt công nghệ", "Fallbacks"),
            expr=_rises(radio.FALLBACKS),
            look=Look(unit=Unit.COUNT, limits=Limits(warn=1.0, bad=10.0), decimals=0),
        ),
    ),
    low_first=True,
    height=10,
)

BOARD = Board(
    uid="thongsuot-radio",
    title=Text("Thông Suốt · Sóng 5G", "Thông Suốt · 5G radio"),
    description=Text(
        "Đường truyền di động: công nghệ, trạm, mức thu, và mức thu so với mất gói",
        "Mobile links: technology, cells, signal, and signal against loss",
    ),
    variables=(COMMUNE, CARRIER, _SITE),
    annotations=(link_down(medium="5g|4g", **_HERE),),
    rows=(
        (
            Tiles(
                title=Text("Công nghệ hiện tại", "Technology now"),
                description=Text(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=tuple(
                    now(f"count({selector(radio.TECHNOLOGY.full_name, **_MANY)} == {value})", name)
                    for value, name in _TECHNOLOGIES.items()
                ),
                look=Look(unit=Unit.COUNT, color="blue"),
            ),
        ),
        (_LINKS,),
        (
            States(
                title=Text("Công nghệ theo thời gian", "Technology over time"),
                description=Text(radio.TECHNOLOGY.help_vi, radio.TECHNOLOGY.help_en),
                queries=(over(selector(radio.TECHNOLOGY.full_name, **_MANY), _LEGEND),),
                look=Look(names=naming.TECHNOLOGY.names, way=_TO_LINK),
                height=8,
            ),
            Lines(
                title=Text("Đổi trạm mỗi giờ", "Cell changes an hour"),
                description=Text(radio.CELL_CHANGES.help_vi, radio.CELL_CHANGES.help_en),
                queries=(over(_rises(radio.CELL_CHANGES, "1h"), _LEGEND),),
                look=Look(unit=Unit.COUNT, minimum=0),
                height=8,
            ),
        ),
        (
            Lines(
                title=Text("Mức thu (RSRP) tại điểm", "Signal (RSRP) at the site"),
                description=Text(radio.NR_RSRP.help_vi, radio.NR_RSRP.help_en),
                queries=(_here(radio.NR_RSRP, "5G"), _here(radio.LTE_RSRP, "LTE")),
                look=look_of(radio.NR_RSRP),
            ),
            Lines(
                title=Text("Tín hiệu trên nhiễu (SINR) tại điểm", "SINR at the site"),
                description=Text(radio.NR_SINR.help_vi, radio.NR_SINR.help_en),
                queries=(_here(radio.NR_SINR, "5G"), _here(radio.LTE_SINR, "LTE")),
                look=look_of(radio.NR_SINR),
            ),
            Lines(
                title=Text("Trạm (PCI) tại điểm", "Cell (PCI) at the site"),
                description=Text(radio.NR_PCI.help_vi, radio.NR_PCI.help_en),
                queries=(_here(radio.NR_PCI, "5G"), _here(radio.LTE_PCI, "LTE")),
                look=Look(decimals=0),
            ),
        ),
        (
            Scatter(
                title=Text("Mức thu so với mất gói", "Signal against loss"),
                description=Text(
                    "Mỗi điểm là một lúc; dốc sang trái: sóng yếu gây mất gói",
                    "A point for each moment; rising to the left: weak signal loses packets",
                ),
                x=Axis(
                    title=Text("RSRP 5G", "NR RSRP"),
                    expr=f"max({selector(radio.NR_RSRP.full_name, **_HERE)})",
                    look=Look(unit=Unit.DBM),
                ),
                y=Axis(
                    title=Text("Mất gói 5 phút", "Loss over 5 minutes"),
                    expr=f"avg(avg_over_time({_LOSS}[5m]) and {_RADIO_LINKS})",
                    look=Look(unit=Unit.RATIO),
                ),
            ),
            Lines(
                title=Text("Mất gói của đường di động tại điểm", "Loss of the mobile link"),
                description=Text(icmp.LOSS.help_vi, icmp.LOSS.help_en),
                queries=(
                    over(
                        f"avg by (link) (avg_over_time({_LOSS}[5m]) and {_RADIO_LINKS})",
                        "{{link}}",
                    ),
                ),
                look=look_of(icmp.LOSS),
            ),
            Lines(
                title=Text("Nhiệt độ modem", "Temperature of the modem"),
                description=Text(radio.TEMPERATURE.help_vi, radio.TEMPERATURE.help_en),
                queries=(_here(radio.TEMPERATURE, ""),),
                look=Look(unit=Unit.CELSIUS),
            ),
        ),
    ),
)
