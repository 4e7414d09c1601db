"""Site: the links and services of one service point side by side, and the device itself."""

from thongsuot_dashboards import naming
from thongsuot_dashboards.choices import COMMUNE, SITE
from thongsuot_dashboards.marks import link_down, service_down
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.states import States
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import bits, now, over, selector, success
from thongsuot_dashboards.recorded import LINK_LOSS, LINK_RTT
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import dns, host, http, icmp, snmp, verdict
from thongsuot_schema.metric import Unit

_HERE = {"site": "$site"}
_LINKS = {"site": "$site", "link": "!=", "target": "="}
_SERVICES = {"site": "$site", "link": "=", "target": "!="}
_TO_LINK = Way(
    board="thongsuot-link",
    title=Text("Mở đường truyền", "Open the link"),
    labels=("commune", "site", "link"),
)
_TO_SERVICE = Way(
    board="thongsuot-services",
    title=Text("Mở dịch vụ", "Open the service"),
    labels=("target",),
)

BOARD = Board(
    uid="thongsuot-site",
    title=Text("Thông Suốt · Điểm phục vụ", "Thông Suốt · Site"),
    description=Text(
        "Một điểm phục vụ: các đường truyền cạnh nhau, dịch vụ, thiết bị",
        "One service point: its links side by side, services, the device",
    ),
    variables=(COMMUNE, SITE),
    annotations=(link_down(**_HERE), service_down(**_HERE)),
    rows=(
        (
            Tiles(
                title=Text("Đường truyền hiện tại", "Links now"),
                description=Text(verdict.STATE.help_vi, verdict.STATE.help_en),
                queries=(now(selector(verdict.STATE.full_name, **_LINKS), "{{link}} {{carrier}}"),),
                look=Look(names=naming.LINK_STATE.names, way=_TO_LINK),
                width=12,
            ),
            Tiles(
                title=Text("Dịch vụ hiện tại", "Services now"),
                description=Text(verdict.STATE.help_vi, verdict.STATE.help_en),
                queries=(now(selector(verdict.STATE.full_name, **_SERVICES), "{{target}}"),),
                look=Look(names=naming.SERVICE_STATE.names, way=_TO_SERVICE),
                width=12,
            ),
        ),
        (
            States(
                title=Text("Tình trạng đường truyền", "State of the links"),
                description=Text(
                    "Kết luận của thiết bị; chỗ trống là chưa có dữ liệu",
                    "The device's verdict; where nothing is drawn, nothing is known",
                ),
                queries=(over(selector(verdict.STATE.full_name, **_LINKS), "{{link}}"),),
                look=Look(names=naming.LINK_STATE.names, way=_TO_LINK),
            ),
            States(
                title=Text("Phân đoạn lỗi", "Segment at fault"),
                description=Text(
                    "Nấc thấp nhất bị hỏng: bên phải xử lý", "The lowest broken rung: who must act"
                ),
                queries=(over(selector(verdict.SEGMENT.full_name, **_LINKS), "{{link}}"),),
                look=naming.SEGMENT,
            ),
        ),
        (
            States(
                title=Text("Tình trạng dịch vụ", "State of the services"),
                description=Text(
                    "So sánh qua mọi đường truyền của điểm", "Compared over all links of the site"
                ),
                queries=(over(selector(verdict.STATE.full_name, **_SERVICES), "{{target}}"),),
                look=Look(names=naming.SERVICE_STATE.names, way=_TO_SERVICE),
            ),
        ),
        (
            Lines(
                title=Text("Độ trễ", "Round-trip time"),
                description=Text(
                    "Trung vị 5 phút của mọi đích ngoài điểm",
                    "Median over 5 minutes, all targets beyond the site",
                ),
                queries=(over(selector(LINK_RTT, **_HERE), "{{link}} {{carrier}}"),),
                look=look_of(icmp.RTT),
            ),
            Lines(
                title=Text("Tỷ lệ mất gói tin", "Loss"),
                description=Text(
                    "Trung bình 5 phút của mọi đích ngoài điểm",
                    "Mean over 5 minutes, all targets beyond the site",
                ),
                queries=(over(selector(LINK_LOSS, **_HERE), "{{link}} {{carrier}}"),),
                look=look_of(icmp.LOSS),
            ),
        ),
        (
            Lines(
                title=Text("Lưu lượng", "Traffic"),
                description=Text(
                    "Tổng lưu lượng của đường truyền, không theo người dùng",
                    "All traffic of the link; never by user",
                ),
                queries=(
                    bits(host.RECEIVED, "{{link}} ↓", **_HERE),
                    bits(host.SENT, "{{link}} ↑", **_HERE),
                ),
                look=Look(grafana_unit="bps", minimum=0),
            ),
            Lines(
                title=Text("Phân giải tên miền", "Name lookups"),
                description=Text(dns.LOOKUP.help_vi, dns.LOOKUP.help_en),
                queries=(
                    over(f"max by (link) ({selector(dns.LOOKUP.full_name, **_HERE)})", "{{link}}"),
                ),
                look=look_of(dns.LOOKUP),
            ),
            Lines(
                title=Text("Dịch vụ: tỷ lệ thành công", "Services: success"),
                description=Text(
                    "Lượt truy cập thành công trong 15 phút, theo đường truyền",
                    "Requests that succeeded over 15 minutes, by link",
                ),
                queries=(success(http.KIND, "{{target}} {{link}} {{family}}", "15m", **_HERE),),
                look=Look(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            States(
                title=Text("Nguồn điện", "Power"),
                description=Text(snmp.ON_BATTERY.help_vi, snmp.ON_BATTERY.help_en),
                queries=(over(selector(snmp.ON_BATTERY.full_name, **_HERE), "{{target}}"),),
                look=naming.ON_BATTERY,
                height=5,
            ),
            Lines(
                title=Text("Ắc quy của UPS", "Battery of the UPS"),
                description=Text(snmp.CHARGE.help_vi, snmp.CHARGE.help_en),
                queries=(over(selector(snmp.CHARGE.full_name, **_HERE), "{{target}}"),),
                look=Look(unit=Unit.RATIO, minimum=0, maximum=1),
                height=5,
            ),
        ),
        (
            States(
                title=Text("Cổng mạng và cổng ra", "Interface and gateway"),
                description=Text(
                    "Có tín hiệu; gateway có trả lời ở lớp liên kết",
                    "Has carrier; the gateway answers on the link layer",
                ),
                queries=(
                    over(selector(host.CARRIER_UP.full_name, **_HERE), "{{link}} cable"),
                    over(selector(host.GATEWAY_NEIGHBOUR.full_name, **_HERE), "{{link}} gateway"),
                ),
                look=naming.YES_NO,
            ),
            Tiles(
                title=Text("Thiết bị", "Device"),
                description=Text(host.UPTIME.help_vi, host.UPTIME.help_en),
                queries=(
                    now(f"max({selector(host.UPTIME.full_name, **_HERE)})", "uptime"),
                    now(f"max({selector(host.CLOCK_ERROR.full_name, **_HERE)})", "clock ±"),
                ),
                look=Look(unit=Unit.SECONDS, color="blue"),
                height=6,
                width=8,
            ),
        ),
    ),
)
