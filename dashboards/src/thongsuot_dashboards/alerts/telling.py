"""Telling people: whether what is known reaches those who must act."""

from thongsuot_dashboards import own
from thongsuot_dashboards.rulefile import Alert, Group

GROUP = Group(
    name="thongsuot-telling",
    every="30s",
    rules=(
        Alert(
            name="ThongsuotChannelFailing",
            expr=f"time() - ({own.NOTIFY_FAILING_SINCE} > 0) > 600",
            lasting="0s",
            severity="warning",
            summary_vi="Kênh {{ $labels.channel }} không gửi được từ"
            " {{ $value | humanizeDuration }} trước",
            summary_en="Channel {{ $labels.channel }} has been failing for"
            " {{ $value | humanizeDuration }}",
            action_vi="Sự cố được báo qua kênh dự phòng nếu có. Thử: thongsuot-collector notify"
            " test.",
            action_en="Incidents go by the next channel where there is one. Try:"
            " thongsuot-collector notify test.",
        ),
        Alert(
            name="ThongsuotPartyUnreached",
            expr=f"max({own.NOTIFY_UNREACHED}) > 0",
            lasting="15m",
            severity="critical",
            summary_vi="{{ $value | humanize }} sự cố đang mở mà chưa kênh nào báo tới được bên"
            " phải xử lý",
            summary_en="{{ $value | humanize }} open incidents whose party no channel has reached",
            action_vi="Gọi điện cho bên đó; danh sách trên trang sự cố.",
            action_en="Call them; the page of incidents lists them.",
        ),
    ),
)
