"""Services: each portal as the sites reach it, phase by phase."""

from thongsuot_dashboards import value_mappings
from thongsuot_dashboards.annotations import service_down
from thongsuot_dashboards.open_incidents import open_incidents
from thongsuot_dashboards.panels.board import Board, Variable
from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, metric_field_config
from thongsuot_dashboards.panels.stat import StatPanel
from thongsuot_dashboards.panels.state_timeline import StateTimelinePanel
from thongsuot_dashboards.panels.table import LabelColumn, TableColumn, TablePanel
from thongsuot_dashboards.panels.time_series import TimeSeriesPanel
from thongsuot_dashboards.query import instant_query, range_query, selector
from thongsuot_dashboards.text import BilingualText
from thongsuot_dashboards.variables import CARRIER
from thongsuot_schema.catalogue import http, verdict
from thongsuot_schema.metric import Metric, Thresholds, Unit

_SERVICE = Variable(
    label="target", series=http.KIND.success_name, title=BilingualText("Dịch vụ", "Service")
)
_HERE = {"target": "$target", "carrier": "$carrier"}
_VERDICT = selector(verdict.STATE.full_name, link="=", target="$target")
"""The verdict on a service over all links of a site; other verdicts are on single links."""
_SUCCESS = selector(http.KIND.success_name, **_HERE)
_TO_SITE = DataLink(
    board="thongsuot-site",
    title=BilingualText("Mở điểm phục vụ", "Open the site"),
    labels=("site",),
)
_DAY_S = 86_400


_PAGE = "90s"
"""In it each site has requested each portal once, on its main line: pages of now, not before."""


def _phase(metric: Metric) -> str:
    return f"avg(avg_over_time({selector(metric.full_name, **_HERE)}[{_PAGE}]))"


_PHASES = (
    (http.RESOLVE, "DNS"),
    (http.CONNECT, "TCP"),
    (http.TLS, "TLS"),
    (http.FIRST_BYTE, "first byte"),
    (http.TRANSFER, "transfer"),
)

BOARD = Board(
    uid="thongsuot-services",
    title=BilingualText("Thông Suốt · Dịch vụ", "Thông Suốt · Services"),
    description=BilingualText(
        "Các cổng dịch vụ nhìn từ điểm phục vụ: từng pha, theo nhà mạng, chứng thư",
        "The portals as the sites reach them: phases, carriers, certificates",
    ),
    variables=(_SERVICE, CARRIER),
    annotations=(service_down(target="$target"),),
    rows=(
        (
            StatPanel(
                title=BilingualText("Số điểm không truy cập được", "Sites that cannot reach it"),
                description=BilingualText(
                    "Từ ba điểm trở lên thường là lỗi của chính dịch vụ",
                    "With three sites or more it is usually the service itself",
                ),
                queries=(instant_query(f"sum by (target) ({_VERDICT} == bool 2)", "{{target}}"),),
                field_config=FieldConfig(unit=Unit.COUNT, limits=Thresholds(warn=1.0, bad=3.0)),
                height=5,
            ),
        ),
        (open_incidents(target="$target"),),
        (
            StateTimelinePanel(
                title=BilingualText("Tình trạng theo điểm", "State by site"),
                description=BilingualText(
                    "Kết luận của từng điểm qua mọi đường truyền; chỉ nơi có lỗi",
                    "Each site's verdict over all of its links; only where there was a fault",
                ),
                queries=(
                    range_query(
                        f"{_VERDICT} and (max_over_time({_VERDICT}[$__range] @ end()) > 0)",
                        "{{target}} {{site}}",
                    ),
                ),
                field_config=FieldConfig(
                    mappings=value_mappings.SERVICE_STATE.mappings, link=_TO_SITE
                ),
                height=7,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Các pha của một lượt truy cập", "Phases of a request"),
                description=BilingualText(
                    "Trung bình của các điểm và dịch vụ được chọn",
                    "Mean of the selected sites and services",
                ),
                queries=tuple(range_query(_phase(metric), name) for metric, name in _PHASES),
                field_config=FieldConfig(unit=Unit.SECONDS, minimum=0),
                is_stacked=True,
                height=9,
            ),
            TimeSeriesPanel(
                title=BilingualText("Tổng thời gian, 95 %", "Total time, 95 %"),
                description=BilingualText(
                    "95 % số lượt nhanh hơn mức này, theo dịch vụ",
                    "95 % of the requests were faster, by service",
                ),
                queries=(
                    # Sorting a quarter of an hour of every link is the most expensive query of all
                    # boards, and two windows less than 5 min apart are nearly the same. (A subquery
                    # with that step would be computed every 5 min over thirty days as well.)
                    range_query(
                        "max by (target) (quantile_over_time(0.95, "
                        f"{selector(http.TOTAL.full_name, **_HERE)}[15m]))",
                        "{{target}}",
                        min_step="5m",
                    ),
                ),
                field_config=metric_field_config(http.TOTAL),
                height=9,
            ),
        ),
        (
            TimeSeriesPanel(
                title=BilingualText("Tỷ lệ thành công theo dịch vụ", "Success by service"),
                description=BilingualText("Trong 15 phút", "Over 15 minutes"),
                queries=(
                    range_query(f"avg by (target) (avg_over_time({_SUCCESS}[15m]))", "{{target}}"),
                ),
                field_config=FieldConfig(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
            TimeSeriesPanel(
                title=BilingualText("Tỷ lệ thành công theo nhà mạng", "Success by carrier"),
                description=BilingualText(
                    "Một nhà mạng kém, các nhà mạng khác tốt: không phải lỗi dịch vụ",
                    "One carrier worse than the others: not the service's fault",
                ),
                queries=(
                    range_query(
                        f"avg by (carrier, medium) (avg_over_time({_SUCCESS}[15m]))",
                        "{{carrier}} {{medium}}",
                    ),
                ),
                field_config=FieldConfig(unit=Unit.RATIO, minimum=0, maximum=1),
            ),
        ),
        (
            TablePanel(
                title=BilingualText("Từng dịch vụ", "Each service"),
                description=BilingualText(
                    "Trong khoảng đang xem; chứng thư: số ngày còn lại",
                    "Within the displayed time; certificate: days left",
                ),
                labels=(LabelColumn(name="target", title=BilingualText("Dịch vụ", "Service")),),
                columns=(
                    TableColumn(
                        title=BilingualText("Thành công", "Success"),
                        expr=f"avg by (target) (avg_over_time({_SUCCESS}[$__range]))",
                        field_config=FieldConfig(
                            unit=Unit.RATIO, limits=Thresholds(warn=0.99, bad=0.95, low_is_bad=True)
                        ),
                    ),
                    TableColumn(
                        title=BilingualText("Tổng thời gian", "Total time"),
                        expr="avg by (target) (avg_over_time("
                        f"{selector(http.TOTAL.full_name, **_HERE)}[$__range]))",
                        field_config=metric_field_config(http.TOTAL),
                    ),
                    TableColumn(
                        title=BilingualText("Mã HTTP", "Status"),
                        expr=f"max by (target) ({selector(http.STATUS.full_name, **_HERE)})",
                        field_config=FieldConfig(decimals=0),
                    ),
                    TableColumn(
                        title=BilingualText("Chứng thư còn (ngày)", "Certificate (days)"),
                        expr="(min by (target) ("
                        f"{selector(http.CERTIFICATE_EXPIRY.full_name, **_HERE)}) - time())"
                        f" / {_DAY_S}",
                        field_config=FieldConfig(
                            decimals=0, limits=Thresholds(warn=30.0, bad=14.0, low_is_bad=True)
                        ),
                    ),
                ),
                low_first=True,
            ),
        ),
    ),
)
