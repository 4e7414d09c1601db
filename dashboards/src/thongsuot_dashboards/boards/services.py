"""Services: each portal as the sites reach it, phase by phase."""

from thongsuot_dashboards import naming
from thongsuot_dashboards.choices import CARRIER
from thongsuot_dashboards.marks import service_down
from thongsuot_dashboards.panels.board import Board, Variable
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look, Way, look_of
from thongsuot_dashboards.panels.states import States
from thongsuot_dashboards.panels.table import Column, Label, Table
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import now, over, selector
from thongsuot_dashboards.text import Text
from thongsuot_schema.catalogue import http, verdict
from thongsuot_schema.metric import Limits, Metric, Unit

_SERVICE = Variable(label="target", series=http.KIND.success_name, title=Text("Dịch vụ", "Service"))
_HERE = {"target": "$target", "carrier": "$carrier"}
_VERDICT = selector(verdict.STATE.full_name, link="=", target="$target")
"""Of a service by whichever link of a site works; beside it stand verdicts of each link alone."""
_SUCCESS = selector(http.KIND.success_name, **_HERE)
_TO_SITE = Way(
    board="thongsuot-site", title=Text("Mở điểm phục vụ", "Open the site"), labels=("site",)
)
_DAY_S = 86_400


def _phase(metric: Metric) -> str:
    return f"avg(avg_over_time({selector(metric.full_name, **_HERE)}[5m]))"


_PHASES = (
    (http.RESOLVE, "DNS"),
    (http.CONNECT, "TCP"),
    (http.TLS, "TLS"),
    (http.FIRST_BYTE, "first byte"),
    (http.TRANSFER, "transfer"),
)

BOARD = Board(
    uid="thongsuot-services",
    title=Text("Thông Suốt · Dịch vụ", "Thông Suốt · Services"),
    description=Text(
        "Các cổng dịch vụ nhìn từ điểm phục vụ: từng pha, theo nhà mạng, chứng thư",
        "The portals as the sites reach them: phases, carriers, certificates",
    ),
    variables=(_SERVICE, CARRIER),
    annotations=(service_down(target="$target"),),
    rows=(
        (
            Tiles(
                title=Text("Số điểm không truy cập được", "Sites that do not reach it"),
                description=Text(
                    "Từ ba điểm trở lên thường là lỗi của chính dịch vụ",
                    "From three sites on it is mostly the service itself",
                ),
                queries=(now(f"sum by (target) ({_VERDICT} == bool 2)", "{{target}}"),),
                look=Look(unit=Unit.COUNT, limits=Limits(warn=1.0, bad=3.0)),
                height=5,
            ),
        ),
        (
            States(
                title=Text("Tình trạng theo điểm", "State by site"),
                description=Text(
                    "Kết luận của từng điểm qua mọi đường truyền; chỉ nơi có lỗi",
                    "Each site's verdict over all of its links; only where there was a fault",
                ),
                queries=(
                    over(
                        f"{_VERDICT} and (max_over_time({_VERDICT}[$__range] @ end()) > 0)",
                        "{{target}} {{site}}",
                    ),
                ),
                look=Look(names=naming.SERVICE_STATE.names, way=_TO_SITE),
                height=7,
            ),
        ),
        (
            Lines(
                title=Text("Các pha của một lượt truy cập", "Phases of a request"),
                description=Text(
                    "Trung bình của các điểm và dịch vụ được chọn",
                    "Mean of the sites and services that are chosen",
                ),
                queries=tuple(over(_phase(metric), name) for metric, name in _PHASES),
                look=Look(unit=Unit.SECONDS, minimum=0),
                is_stacked=True,
                height=9,
            ),
            Lines(
                title=Text("Tổng thời gian, 95 %", "Total time, 95 %"),
                description=Text(
                    "95 % số lượt nhanh hơn mức này, theo dịch vụ",
                    "95 % of the requests were faster, by service",
                ),
                queries=(
                    over(
                        "max by (target) (quantile_over_time(0.95, "
                        f"{selector(http.TOTAL.full_name, **_HERE)}[15m]))",
                        "{{target}}",
                    ),
                ),
                look=look_of(http.TOTAL),
                height=9,
            ),
        ),
        (
            Lines(
                title=Text("Tỷ lệ thành công theo dịch vụ", "Success by service"),
                description=Text("Trong 15 phút", "Over 15 minutes"),
                queries=(over(f"avg by (target) (avg_over_time({_SUCCESS}[15m]))", "{{target}}"),),
                look=Look(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
            Lines(
                title=Text("Tỷ lệ thành công theo nhà mạng", "Success by carrier"),
                description=Text(
                    "Một nhà mạng kém, các nhà mạng khác tốt: không phải lỗi dịch vụ",
                    "One carrier worse than the others: not the service's fault",
                ),
                queries=(
                    over(
                        f"avg by (carrier, medium) (avg_over_time({_SUCCESS}[15m]))",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                look=Look(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            Table(
                title=Text("Từng dịch vụ", "Each service"),
                description=Text(
                    "Trong khoảng đang xem; chứng thư: số ngày còn lại",
                    "Within what is shown; certificate: days that are left",
                ),
                labels=(Label(name="target", title=Text("Dịch vụ", "Service")),),
                columns=(
                    Column(
                        title=Text("Thành công", "Success"),
                        expr=f"avg by (target) (avg_over_time({_SUCCESS}[$__range]))",
                        look=Look(
                            unit=Unit.RATIO, limits=Limits(warn=0.99, bad=0.95, low_is_bad=True)
                        ),
                    ),
                    Column(
                        title=Text("Tổng thời gian", "Total time"),
                        expr="avg by (target) (avg_over_time("
                        f"{selector(http.TOTAL.full_name, **_HERE)}[$__range]))",
                        look=look_of(http.TOTAL),
                    ),
                    Column(
                        title=Text("Mã HTTP", "Status"),
                        expr=f"max by (target) ({selector(http.STATUS.full_name, **_HERE)})",
                        look=Look(decimals=0),
                    ),
                    Column(
                        title=Text("Chứng thư còn (ngày)", "Certificate (days)"),
                        expr="(min by (target) ("
                        f"{selector(http.CERTIFICATE_EXPIRY.full_name, **_HERE)}) - time())"
                        f" / {_DAY_S}",
                        look=Look(decimals=0, limits=Limits(warn=30.0, bad=14.0, low_is_bad=True)),
                    ),
                ),
                low_first=True,
            ),
        ),
    ),
)
