"""Fleet: the devices themselves: heard, versions, clocks, records, what they cost."""

from thongsuot_dashboards import naming, own
from thongsuot_dashboards.choices import COMMUNE, SITES
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import now, over, selector
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import host
from thongsuot_schema.metric import Limits, Metric, Unit

_HERE = {"commune": "$commune", "site": "$site"}
_BY = "commune, site"
_TO_SITE = Way(
    board="thongsuot-site",
    title=Text("Mở điểm phục vụ", "Open the site"),
    labels=("commune", "site"),
)


def _worst(metric: Metric, by: str = _BY, pick: str = "max") -> str:
    return f"{pick} by ({by}) ({selector(metric.full_name, **_HERE)})"


_DEVICES = Table(
    title=Text("Từng thiết bị", "Each device"),
    description=Text(
        "Thiết bị không gửi dữ liệu trong 5 phút không có ở đây",
        "Devices that sent nothing for five minutes are not here",
    ),
    labels=(
        Label(name="commune", title=Text("Mã xã", "Commune")),
        Label(name="site", title=Text("Điểm", "Site"), way=_TO_SITE),
    ),
    columns=(
        Column(
            title=Text("Lô chờ gửi", "Batches waiting"),
            expr=_worst(host.WAITING),
            look=look_of(host.WAITING),
        ),
        Column(
            title=Text("Bản ghi trên đĩa", "Record on disk"),
            expr=_worst(host.SPOOL),
            look=look_of(host.SPOOL),
        ),
        Column(
            title=Text("Sai số đồng hồ", "Clock error"),
            expr=_worst(host.CLOCK_ERROR),
            look=look_of(host.CLOCK_ERROR),
        ),
        Column(
            title=Text("Đồng hồ đã đồng bộ", "Clock in step"),
            expr=_worst(host.CLOCK_SYNCHRONISED, pick="min"),
            look=naming.YES_NO,
        ),
        Column(
            title=Text("Kế hoạch đo", "Site plan"),
            expr=_worst(host.PLAN),
            look=look_of(host.PLAN),
        ),
        Column(
            title=Text("Hoạt động từ", "Up for"),
            expr=_worst(host.UPTIME),
            look=Look(unit=Unit.SECONDS, decimals=0),
        ),
        Column(
            title=Text("Bộ nhớ", "Memory"),
            expr=_worst(host.RESIDENT),
            look=look_of(host.RESIDENT),
        ),
        Column(
            title=Text("Trễ hẹn giờ", "Timers late"),
            expr=_worst(host.LOOP_LATE),
            look=look_of(host.LOOP_LATE),
        ),
    ),
    height=12,
)

BOARD = Board(
    uid="thongsuot-fleet",
    title=Text("Thông Suốt · Thiết bị giám sát", "Thông Suốt · Fleet"),
    description=Text(
        "Các thiết bị giám sát: liên lạc, phiên bản, đồng hồ, bản ghi, dung lượng đã dùng",
        "The devices: heard or not, versions, clocks, records, data used",
    ),
    variables=(COMMUNE, SITES),
    rows=(
        (
            Tiles(
                title=Text("Đang liên lạc", "Heard"),
                description=Text(
                    "Thiết bị gửi dữ liệu đều đặn", "Devices that are heard as they should"
                ),
                queries=(now(f'sum({own.SITES}{{heard="yes"}})'),),
                look=Look(unit=Unit.COUNT, color="green"),
                width=4,
            ),
            Tiles(
                title=Text("Mất liên lạc", "Silent"),
                description=Text(
                    "Thiết bị giám sát mất liên lạc: mất điện, hoặc mọi đường truyền mất",
                    "No power, or no link that works",
                ),
                queries=(now(f'sum({own.SITES}{{heard="no"}})'),),
                look=Look(unit=Unit.COUNT, limits=Limits(warn=1.0)),
                width=4,
            ),
            Tiles(
                title=Text("Phiên bản", "Versions"),
                description=Text(
                    "Số thiết bị theo phiên bản phần mềm", "Devices by the version they run"
                ),
                queries=(now(f"sum by (version) ({own.AGENTS}) > 0", "{{version}}"),),
                look=Look(unit=Unit.COUNT, color="blue"),
                width=8,
            ),
            Tiles(
                title=Text("Kế hoạch đo", "Site plans"),
                description=Text(
                    "Số điểm theo kế hoạch đo: current là mới nhất; refused: thiết bị không chạy,"
                    " lý do ở trang của điểm",
                    "Sites by their plan: current is the newest; refused: not run, the site's page"
                    " says why",
                ),
                queries=(now(f"sum by (stand) ({own.SITE_PLANS}) > 0", "{{stand}}"),),
                look=Look(unit=Unit.COUNT, color="blue"),
                width=8,
            ),
        ),
        (_DEVICES,),
        (
            Lines(
                title=Text("Liên lạc", "Heard and silent"),
                description=Text("Theo hệ thống thu thập", "As the collector hears them"),
                queries=(over(f"sum by (heard) ({own.SITES})", "heard: {{heard}}"),),
                look=Look(unit=Unit.COUNT, minimum=0, decimals=0),
            ),
            Lines(
                title=Text("Độ tin cậy của thời gian", "How far times can be trusted"),
                description=Text(
                    "Lô dữ liệu mỗi giây: trusted là đồng hồ đúng; wrong, uncertain cần xem",
                    "Batches a second: trusted is a right clock; look at wrong and uncertain",
                ),
                queries=(
                    over(f"sum by (quality) (rate({own.CLOCKS}[$__rate_interval]))", "{{quality}}"),
                ),
                look=Look(grafana_unit="cps", minimum=0),
                is_stacked=True,
            ),
        ),
        (
            Lines(
                title=Text("Sai số đồng hồ", "Clock error"),
                description=Text(host.CLOCK_ERROR.help_vi, host.CLOCK_ERROR.help_en),
                queries=(over(f"topk(10, {_worst(host.CLOCK_ERROR)})", "{{site}}"),),
                look=look_of(host.CLOCK_ERROR),
            ),
            Lines(
                title=Text("Lô chờ gửi", "Batches waiting"),
                description=Text(host.WAITING.help_vi, host.WAITING.help_en),
                queries=(over(f"topk(10, {_worst(host.WAITING)} > 0)", "{{site}}"),),
                look=look_of(host.WAITING),
            ),
        ),
        (
            Lines(
                title=Text("Dung lượng giám sát đã dùng trong tháng", "Data used this month"),
                description=Text(host.SPENT.help_vi, host.SPENT.help_en),
                queries=(
                    over(
                        f"topk(20, {_worst(host.SPENT, by='site, link, carrier')} > 0)",
                        "{{site}} {{link}} {{carrier}}",
                    ),
                ),
                look=Look(unit=Unit.BYTES, minimum=0),
            ),
            Lines(
                title=Text("Bộ nhớ của phần mềm giám sát", "Memory of the agents"),
                description=Text(host.RESIDENT.help_vi, host.RESIDENT.help_en),
                queries=(over(f"topk(10, {_worst(host.RESIDENT)})", "{{site}}"),),
                look=Look(unit=Unit.BYTES, minimum=0),
            ),
        ),
    ),
)
