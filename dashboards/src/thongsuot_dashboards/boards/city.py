"""City: all communes at a glance, and where to look first."""

from thongsuot_dashboards import naming, own
from thongsuot_dashboards.availability import Outages
from thongsuot_dashboards.choices import CARRIER, COMMUNE
from thongsuot_dashboards.panels.bars import Bars
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.states import States
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import now, over, selector
from thongsuot_dashboards.recorded import (
    CARRIER_DOWN,
    CARRIER_LINKS,
    COMMUNE_STATE,
    LINK_LABELS,
    LINK_LOSS,
    LINK_RTT,
    SITE_STATE,
    with_name,
)
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import icmp, verdict
from thongsuot_schema.metric import Limits, Unit

_HERE = {"commune": "$commune"}
_LINKS = {"commune": "$commune", "carrier": "$carrier"}
_TO_SITE = Way(
    board="thongsuot-site", title=Text("Mở điểm phục vụ", "Open the site"), labels=("commune",)
)
_TO_LINK = Way(
    board="thongsuot-link",
    title=Text("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)

_COMMUNES = selector(COMMUNE_STATE, **_HERE)
_SITES = selector(SITE_STATE, **_HERE)
_STATE = selector(verdict.STATE.full_name, link="!=", target="=", **_LINKS)
_SEGMENT = selector(verdict.SEGMENT.full_name, link="!=", target="=", **_LINKS)
_NOT_WELL = f"avg_over_time(({_STATE} > bool 0)[$__range:60s])"
_WORST = f"max by ({LINK_LABELS}) (topk(20, {_NOT_WELL} > 0))"


def _count(series: str, value: int, title: Text, description: Text, color: str) -> Tiles:
    return Tiles(
        title=title,
        description=description,
        queries=(now(f"count({series} == {value}) or vector(0)"),),
        look=Look(unit=Unit.COUNT, color=color),
    )


def _of_worst(expr: str) -> str:
    return f"max by ({LINK_LABELS}) ({expr}) and {_WORST}"


_FIGURES = (
    _count(
        _SITES,
        0,
        Text("Điểm phục vụ tốt", "Sites well"),
        Text("Mọi đường truyền đều tốt", "Every link of the site is well"),
        "green",
    ),
    _count(
        _SITES,
        1,
        Text("Điểm có lỗi", "Sites with a fault"),
        Text("Còn kết nối, có đường truyền lỗi", "Still connected, with a link at fault"),
        "orange",
    ),
    _count(
        _SITES,
        2,
        Text("Điểm mất kết nối", "Sites cut off"),
        Text("Mọi đường truyền đều mất", "Every link is down"),
        "red",
    ),
    _count(
        _STATE,
        2,
        Text("Đường truyền mất", "Links down"),
        Text("Số đường truyền đang mất kết nối", "Links that are down now"),
        "dark-red",
    ),
    Tiles(
        title=Text("Thiết bị mất liên lạc", "Devices silent"),
        description=Text(
            "Thiết bị không gửi dữ liệu; chưa biết đường truyền ra sao",
            "Devices that are not heard; their links are not known",
        ),
        queries=(now(f'sum({own.SITES}{{heard="no"}})'),),
        look=Look(unit=Unit.COUNT, limits=Limits(warn=1.0)),
    ),
)

_WORST_LINKS = Table(
    title=Text("Đường truyền kém nhất", "Worst links"),
    description=Text(
        "20 đường truyền có thời gian lỗi dài nhất trong khoảng đang xem",
        "The 20 links that were not well for the longest part of what is shown",
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
            title=Text("Thời gian lỗi", "Not well"),
            expr=_WORST,
            look=Look(unit=Unit.RATIO, limits=Limits(warn=0.005, bad=0.05), decimals=1),
        ),
        Column(
            title=Text("Độ khả dụng", "Availability"),
            expr=_of_worst(Outages(_LINKS, by_carrier=False).available_ratio(LINK_LABELS)),
            look=Look(unit=Unit.RATIO, decimals=2),
        ),
        Column(title=Text("Hiện tại", "Now"), expr=_of_worst(_STATE), look=naming.LINK_STATE),
        Column(
            title=Text("Phân đoạn lỗi", "Segment"),
            expr=_of_worst(_SEGMENT),
            look=naming.SEGMENT,
        ),
        Column(
            title=Text("Độ trễ", "RTT"),
            expr=_of_worst(selector(LINK_RTT, **_LINKS)),
            look=look_of(icmp.RTT),
        ),
        Column(
            title=Text("Mất gói", "Loss"),
            expr=_of_worst(selector(LINK_LOSS, **_LINKS)),
            look=look_of(icmp.LOSS),
        ),
    ),
    height=10,
)

BOARD = Board(
    uid="thongsuot-city",
    title=Text("Thông Suốt · Thành phố", "Thông Suốt · City"),
    description=Text(
        "Toàn thành phố: xã, phường nào có lỗi, nhà mạng nào, xem đâu trước",
        "The whole city: which communes, which carriers, where to look first",
    ),
    variables=(COMMUNE, CARRIER),
    rows=(
        _FIGURES,
        (
            Tiles(
                title=Text("126 xã, phường", "The 126 communes"),
                description=Text(
                    "Điểm kém nhất của mỗi xã, phường; ô không có là chưa có dữ liệu",
                    "The worst site of each commune; a commune that is missing has no data",
                ),
                queries=(now(with_name(_COMMUNES), "{{commune_name}}"),),
                look=Look(names=naming.SITE_STATE.names, way=_TO_SITE),
                names_only=True,
                height=12,
            ),
        ),
        (
            States(
                title=Text("Xã, phường có lỗi", "Communes with faults"),
                description=Text(
                    "Chỉ những nơi có lỗi trong khoảng đang xem",
                    "Only those that had a fault within what is shown",
                ),
                queries=(
                    over(
                        with_name(
                            f"{_COMMUNES} and (max_over_time({_COMMUNES}[$__range] @ end()) > 0)"
                        ),
                        "{{commune_name}}",
                    ),
                ),
                look=Look(names=naming.SITE_STATE.names, way=_TO_SITE),
                height=10,
            ),
        ),
        (_WORST_LINKS,),
        (
            Bars(
                title=Text("Tỷ lệ đường truyền mất, theo nhà mạng", "Links down, by carrier"),
                description=Text(
                    "Trên số đường truyền đã biết tình trạng",
                    "Of the links whose state is known",
                ),
                queries=(
                    now(
                        f"{selector(CARRIER_DOWN, carrier='$carrier')}"
                        f" / {selector(CARRIER_LINKS, carrier='$carrier')}",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                look=Look(unit=Unit.RATIO, limits=Limits(warn=0.01, bad=0.1), minimum=0, maximum=1),
                width=8,
            ),
            Lines(
                title=Text("Đường truyền mất", "Links down"),
                description=Text("Theo nhà mạng và loại đường", "By carrier and medium"),
                queries=(
                    over(selector(CARRIER_DOWN, carrier="$carrier"), "{{carrier}} {{medium}}"),
                ),
                look=Look(unit=Unit.COUNT, minimum=0, decimals=0),
                width=16,
            ),
        ),
        (
            Lines(
                title=Text("Độ trễ giữa các nhà mạng", "Round-trip time by carrier"),
                description=Text(
                    "Trung vị các đường truyền", "Median of the links of each carrier"
                ),
                queries=(
                    over(
                        f"quantile by (carrier, medium) (0.5, {selector(LINK_RTT, **_LINKS)})",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                look=look_of(icmp.RTT),
            ),
            Lines(
                title=Text("Mất gói giữa các nhà mạng", "Loss by carrier"),
                description=Text("Trung bình các đường truyền", "Mean of the links"),
                queries=(
                    over(
                        f"avg by (carrier, medium) ({selector(LINK_LOSS, **_LINKS)})",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                look=look_of(icmp.LOSS),
            ),
        ),
    ),
)
