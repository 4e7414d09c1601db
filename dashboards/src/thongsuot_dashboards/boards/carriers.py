"""Carriers: what each delivers, against the regulation's floor and against the others."""

from thongsuot_dashboards import naming
from thongsuot_dashboards.availability import Outages
from thongsuot_dashboards.choices import CARRIER, MEDIUM
from thongsuot_dashboards.panels.bars import Bars
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.query import now, over, selector
from thongsuot_dashboards.recorded import CARRIER_DOWN, CARRIER_LINKS, LINK_LOSS, LINK_RTT
from thongsuot_dashboards.regulation import AVAILABILITY
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import dns, icmp, verdict
from thongsuot_schema.metric import Limits, Unit

_HERE = {"carrier": "$carrier", "medium": "$medium"}
_BY = "carrier, medium"
_LEGEND = "{{carrier}} {{medium}}"
_THEIRS = Outages(_HERE, by_carrier=True)
_ALL = Outages(_HERE, by_carrier=False)
_CIRCUIT = "commune, site, link, carrier, medium"
_TO_LINK = Way(
    board="thongsuot-link",
    title=Text("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_HOUR_S = 3600.0
_STATE = selector(verdict.STATE.full_name, link="!=", target="=", **_HERE)
_WORST = f"topk(30, {_THEIRS.lost_s(_CIRCUIT)})"

_SUMMARY = Table(
    title=Text("So sánh các nhà mạng", "The carriers compared"),
    description=Text(
        "Chỉ tính lỗi thuộc trách nhiệm nhà mạng (đường truyền, mạng lõi, ngoài mạng). Ngưỡng"
        " 99,5 % là của QCVN 34:2022; bảng này lấy mẫu mỗi phút",
        "Only faults that the carrier answers for (access, core, beyond). The floor of 99.5 % is"
        " that of QCVN 34:2022; the board samples once a minute",
    ),
    labels=(
        Label(name="carrier", title=Text("Nhà mạng", "Carrier")),
        Label(name="medium", title=Text("Loại", "Medium")),
    ),
    columns=(
        Column(
            title=Text("Độ khả dụng", "Availability"),
            expr=_THEIRS.available_ratio(_BY),
            look=Look(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        Column(
            title=Text("Kém nhất", "Worst circuit"),
            expr=f"min by ({_BY}) ({_THEIRS.available_ratio(_CIRCUIT)})",
            look=Look(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        Column(
            title=Text("Mạch dưới ngưỡng", "Circuits below the floor"),
            expr=f"sum by ({_BY}) (({_THEIRS.available_ratio(_CIRCUIT)})"
            f" < bool {AVAILABILITY.bad})",
            look=Look(unit=Unit.COUNT, limits=Limits(warn=1.0)),
        ),
        Column(
            title=Text("Số lần mất", "Outages"),
            expr=_THEIRS.count(_BY),
            look=Look(unit=Unit.COUNT, decimals=0),
        ),
        Column(
            title=Text("Thời gian khắc phục TB", "MTTR"),
            expr=_THEIRS.mean_s(_BY),
            look=Look(unit=Unit.SECONDS),
        ),
        Column(
            title=Text("Độ trễ", "RTT"),
            expr=f"quantile by ({_BY}) (0.5, {selector(LINK_RTT, **_HERE)})",
            look=look_of(icmp.RTT),
        ),
        Column(
            title=Text("Mất gói", "Loss"),
            expr=f"avg by ({_BY}) ({selector(LINK_LOSS, **_HERE)})",
            look=look_of(icmp.LOSS),
        ),
    ),
    low_first=True,
)

_CIRCUITS = Table(
    title=Text("Mạch mất kết nối lâu nhất", "Circuits that were down the longest"),
    description=Text(
        "Trong khoảng đang xem, lỗi thuộc nhà mạng", "Within what is shown, by the carrier's fault"
    ),
    labels=(
        Label(name="commune", title=Text("Mã xã", "Commune")),
        Label(name="site", title=Text("Điểm", "Site")),
        Label(name="link", title=Text("Đường truyền", "Link"), way=_TO_LINK),
        Label(name="carrier", title=Text("Nhà mạng", "Carrier")),
        Label(name="medium", title=Text("Loại", "Medium")),
    ),
    columns=(
        Column(
            title=Text("Mất kết nối", "Down for"),
            expr=_WORST,
            look=Look(unit=Unit.SECONDS, limits=Limits(warn=_HOUR_S / 2, bad=4 * _HOUR_S)),
        ),
        Column(
            title=Text("Độ khả dụng", "Availability"),
            expr=f"({_THEIRS.available_ratio(_CIRCUIT)}) and {_WORST}",
            look=Look(unit=Unit.RATIO, limits=AVAILABILITY, decimals=3),
        ),
        Column(
            title=Text("Số lần mất", "Outages"),
            expr=f"({_THEIRS.count(_CIRCUIT)}) and {_WORST}",
            look=Look(unit=Unit.COUNT, decimals=0),
        ),
        Column(
            title=Text("Hiện tại", "Now"),
            expr=f"max by ({_CIRCUIT}) ({_STATE}) and {_WORST}",
            look=naming.LINK_STATE,
        ),
    ),
)

BOARD = Board(
    uid="thongsuot-carriers",
    title=Text("Thông Suốt · Nhà mạng", "Thông Suốt · Carriers"),
    description=Text(
        "Độ khả dụng so với ngưỡng, thời gian khắc phục, so sánh giữa các nhà mạng",
        "Availability against the floor, time to restore, carriers compared",
    ),
    variables=(CARRIER, MEDIUM),
    span="24h",
    rows=(
        (_SUMMARY,),
        (
            Bars(
                title=Text("Độ khả dụng", "Availability"),
                description=Text(
                    "Lỗi thuộc nhà mạng; từ 99 đến 100 %", "Carrier's faults; 99 to 100 %"
                ),
                queries=(now(_THEIRS.available_ratio(_BY), _LEGEND),),
                look=Look(
                    unit=Unit.RATIO, limits=AVAILABILITY, minimum=0.99, maximum=1, decimals=3
                ),
            ),
            Bars(
                title=Text("Mất kết nối do phía điểm phục vụ", "Down by the site's own fault"),
                description=Text(
                    "Phần mất kết nối mà nhà mạng không chịu trách nhiệm (nguồn, thiết bị, nội bộ)",
                    "What the carrier does not answer for (power, equipment, local network)",
                ),
                queries=(now(f"{_ALL.down_ratio(_BY)} - {_THEIRS.down_ratio(_BY)}", _LEGEND),),
                look=Look(unit=Unit.RATIO, color="blue", minimum=0, decimals=3),
            ),
        ),
        (
            Lines(
                title=Text("Đường truyền mất", "Links down"),
                description=Text(
                    "Số đường truyền mất cùng lúc; nhiều cùng lúc là sự cố của nhà mạng",
                    "Links down at the same time; many at once are one outage",
                ),
                queries=(over(selector(CARRIER_DOWN, **_HERE), _LEGEND),),
                look=Look(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
            Lines(
                title=Text("Số đường truyền đã biết", "Links that are known"),
                description=Text(
                    "Đường truyền có kết luận; giảm là thiết bị mất liên lạc",
                    "Links with a verdict; a drop means that devices are silent",
                ),
                queries=(over(selector(CARRIER_LINKS, **_HERE), _LEGEND),),
                look=Look(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
        ),
        (_CIRCUITS,),
        (
            Lines(
                title=Text("Độ trễ: trung vị các đường truyền", "Round-trip time: median"),
                description=Text("Đích ngoài điểm phục vụ", "Targets beyond the site"),
                queries=(
                    over(f"quantile by ({_BY}) (0.5, {selector(LINK_RTT, **_HERE)})", _LEGEND),
                ),
                look=look_of(icmp.RTT),
            ),
            Lines(
                title=Text("Độ trễ: 95 % các đường truyền", "Round-trip time: 95 % of links"),
                description=Text("Đích ngoài điểm phục vụ", "Targets beyond the site"),
                queries=(
                    over(f"quantile by ({_BY}) (0.95, {selector(LINK_RTT, **_HERE)})", _LEGEND),
                ),
                look=look_of(icmp.RTT),
            ),
            Lines(
                title=Text("Tên miền: trung vị", "Name lookups: median"),
                description=Text(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(
                    over(
                        f"quantile by ({_BY}) (0.5, {selector(dns.LOOKUP.full_name, **_HERE)})",
                        _LEGEND,
                    ),
                ),
                look=look_of(dns.LOOKUP),
            ),
        ),
    ),
)
