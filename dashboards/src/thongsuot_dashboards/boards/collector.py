"""Collector: whether what is measured arrives, is kept, and goes on."""

from thongsuot_dashboards import own
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.panels.lines import Lines
from thongsuot_dashboards.panels.look import Look
from thongsuot_dashboards.panels.tiles import Tiles
from thongsuot_dashboards.query import Query, now, over
from thongsuot_dashboards.text import Text
from thongsuot_schema.metric import Limits, Unit

_DAY_S = 86_400
_BANDS = ((0.99, "99 %"), (0.5, "50 %"))


def _quantiles(histogram: str) -> tuple[Query, ...]:
    return tuple(
        over(
            f"histogram_quantile({share},"
            f" sum by (le) (rate({histogram}_bucket[$__rate_interval])))",
            legend,
        )
        for share, legend in _BANDS
    )


def _rate(metric: str, by: str, legend: str) -> Query:
    return over(f"sum by ({by}) (rate({metric}[$__rate_interval]))", legend)


BOARD = Board(
    uid="thongsuot-collector",
    title=Text("Thông Suốt · Hệ thống thu thập", "Thông Suốt · Collector"),
    description=Text(
        "Dữ liệu có đến, có được giữ và được chuyển tiếp không",
        "Whether what is measured arrives, is kept, and goes on",
    ),
    variables=(),
    rows=(
        (
            Tiles(
                title=Text("Hoạt động", "Running"),
                description=Text(
                    "Prometheus có đọc được hệ thống thu thập không",
                    "Whether Prometheus can read the collector",
                ),
                queries=(now(f'min(up{{job="{own.JOB}"}})'),),
                look=Look(limits=Limits(bad=1.0, low_is_bad=True)),
            ),
            Tiles(
                title=Text("Kết quả mỗi giây", "Results a second"),
                description=Text("Đã nhận và đã ghi bền", "Accepted and durable"),
                queries=(now(f"sum(rate({own.RESULTS}[5m]))"),),
                look=Look(grafana_unit="cps", color="blue", decimals=1),
            ),
            Tiles(
                title=Text("Nhật ký", "Journal"),
                description=Text(
                    "Phần dung lượng cho phép đã dùng", "Share of the allowed size in use"
                ),
                queries=(now(f"max({own.JOURNAL_BYTES} / {own.JOURNAL_LIMIT})"),),
                look=Look(unit=Unit.RATIO, limits=Limits(warn=0.7, bad=0.9), decimals=1),
            ),
            Tiles(
                title=Text("Chứng thư còn (ngày)", "Certificate (days)"),
                description=Text(
                    "Chứng thư số của hệ thống thu thập", "Of the collector's own certificate"
                ),
                queries=(now(f"(min({own.CERTIFICATE}) - time()) / {_DAY_S}"),),
                look=Look(decimals=0, limits=Limits(warn=30.0, bad=7.0, low_is_bad=True)),
            ),
        ),
        (
            Lines(
                title=Text("Lượt gửi theo kết quả", "Pushes by what became of them"),
                description=Text(
                    "accepted, repeated là bình thường; còn lại là bị từ chối",
                    "accepted and repeated are as they should be; all else was refused",
                ),
                queries=(_rate(own.PUSHES, "reason", "{{reason}}"),),
                look=Look(grafana_unit="reqps", minimum=0),
                is_stacked=True,
            ),
            Lines(
                title=Text("Thời gian trả lời một lượt gửi", "Time to answer a push"),
                description=Text(
                    "Từ khi nhận đến khi đã ghi bền", "From its headers until it is durable"
                ),
                queries=_quantiles(own.PUSH_SECONDS),
                look=Look(unit=Unit.SECONDS, minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Chậm so với nhật ký", "Behind the journal"),
                description=Text(
                    "Số mục mà mỗi bên đọc chưa làm xong; tăng mãi là bên đó không kịp",
                    "Entries that each reader has not done; a steady rise means it cannot keep up",
                ),
                queries=(over(f"max by (consumer) ({own.LAG})", "{{consumer}}"),),
                look=Look(unit=Unit.COUNT, minimum=0),
            ),
            Lines(
                title=Text("Mẫu đã chuyển", "Samples delivered"),
                description=Text("Theo cơ sở dữ liệu", "By sink"),
                queries=(_rate(own.SINK_SAMPLES, "sink", "{{sink}}"),),
                look=Look(grafana_unit="cps", minimum=0),
            ),
            Lines(
                title=Text("Mẫu không chuyển được", "Samples not delivered"),
                description=Text("Theo lý do", "By why"),
                queries=(_rate(own.SINK_DROPPED, "sink, reason", "{{sink}} {{reason}}"),),
                look=Look(grafana_unit="cps", minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Trả lời của cơ sở dữ liệu", "Answers of the databases"),
                description=Text(
                    "done là tốt; retry là sẽ gửi lại; còn lại cần người xem",
                    "done is well; retry goes again by itself; all else needs a person",
                ),
                queries=(_rate(own.SINK_REQUESTS, "sink, answer", "{{sink}} {{answer}}"),),
                look=Look(grafana_unit="reqps", minimum=0),
            ),
            Lines(
                title=Text("Thời gian ghi nhật ký", "Time of a journal commit"),
                description=Text("Gồm cả ghi xuống đĩa", "Flushed to the disk"),
                queries=_quantiles(own.COMMIT_SECONDS),
                look=Look(unit=Unit.SECONDS, minimum=0),
            ),
            Lines(
                title=Text("Nhật ký", "Journal"),
                description=Text("Dung lượng đang dùng", "Bytes in use"),
                queries=(
                    over(f"max({own.JOURNAL_BYTES})", "in use"),
                    over(f"max({own.JOURNAL_LIMIT})", "limit"),
                ),
                look=Look(unit=Unit.BYTES, minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Dữ liệu bị mất hoặc để riêng", "Lost or set aside"),
                description=Text(
                    "Mục bị xoá trước khi được đọc; lô không xử lý được. Phải luôn bằng 0",
                    "Entries trimmed unread; batches that could not be digested. Always 0",
                ),
                queries=(
                    over(f"max by (consumer) ({own.LOST})", "lost {{consumer}}"),
                    over(f"max by (consumer) ({own.SET_ASIDE})", "set aside {{consumer}}"),
                ),
                look=Look(unit=Unit.COUNT, minimum=0),
            ),
            Lines(
                title=Text("Khởi động lại tác vụ", "Restarts of tasks"),
                description=Text(
                    "Mỗi lần là một lỗi của phần mềm, xem nhật ký hệ thống",
                    "Each is a bug of ours; see the log",
                ),
                queries=(over(f"sum by (task) (increase({own.TASK_FAILURES}[1h]))", "{{task}}"),),
                look=Look(unit=Unit.COUNT, minimum=0),
            ),
            Lines(
                title=Text("Lưu lượng nhận", "Traffic received"),
                description=Text("Nội dung các lượt gửi đã nhận", "Bodies of accepted pushes"),
                queries=(over(f"sum(rate({own.BODY_BYTES}[$__rate_interval])) * 8", "in"),),
                look=Look(grafana_unit="bps", minimum=0),
            ),
        ),
        (
            Lines(
                title=Text("Báo tin: đang chờ và chưa tới", "Telling: waiting and unreached"),
                description=Text(
                    "Bên đang chờ được báo; sự cố đang mở mà chưa báo tới ai",
                    "Parties that wait to be told; open incidents whose party nobody reached",
                ),
                queries=(
                    over(f"max({own.NOTIFY_WAITING})", "waiting"),
                    over(f"max({own.NOTIFY_UNREACHED})", "unreached"),
                ),
                look=Look(unit=Unit.COUNT, minimum=0, decimals=0),
                height=6,
            ),
            Lines(
                title=Text("Báo tin: theo kênh và kết quả", "Telling: by channel and outcome"),
                description=Text("Số lần thử trong một giờ", "Tries within an hour"),
                queries=(
                    over(
                        f"sum by (channel, outcome) (increase({own.NOTIFY_ATTEMPTS}[1h]))",
                        "{{channel}} {{outcome}}",
                    ),
                ),
                look=Look(unit=Unit.COUNT, minimum=0),
                height=6,
            ),
        ),
    ),
)
