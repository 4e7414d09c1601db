"""The collector itself: running, keeping up, with enough room and a valid certificate."""

from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.rule_file import AlertRule, RuleGroup

_UP = f'up{{job="{collector_metrics.JOB}"}}'
_ACCEPTED = f'sum(rate({collector_metrics.PUSHES}{{reason="accepted"}}[5m]))'
_BEHIND_S = f"{collector_metrics.LAG} / on () group_left () {_ACCEPTED}"
_DAY_S = 86_400

GROUP = RuleGroup(
    name="thongsuot-collector",
    every="30s",
    rules=(
        AlertRule(
            name="ThongsuotCollectorDown",
            expr=f"{_UP} == 0 or absent({_UP})",
            lasting="2m",
            severity="critical",
            summary_vi="Hệ thống thu thập không trả lời",
            summary_en="The collector does not answer",
            action_vi="Thiết bị vẫn đo và giữ dữ liệu; không ai được báo sự cố cho đến khi hệ thống"
            " chạy lại. Kiểm tra máy chủ và dịch vụ thongsuot-collector.",
            action_en="The devices continue to measure and keep their data; nobody is notified of "
            "incidents until it runs again. Check the machine and the service "
            "thongsuot-collector.",
        ),
        AlertRule(
            name="ThongsuotCollectorNotReady",
            expr=f"{collector_metrics.READY} == 0",
            lasting="5m",
            severity="critical",
            summary_vi="Hệ thống thu thập {{ $labels.instance }} không nhận hoặc không xét được dữ"
            " liệu",
            summary_en="The collector {{ $labels.instance }} cannot store or judge what devices"
            " push",
            action_vi="Địa chỉ /readyz của nó nêu lý do. Thiết bị vẫn đo và giữ dữ liệu; có thể"
            " không ai được báo sự cố cho đến khi sửa xong.",
            action_en="Its /readyz says why. The devices continue to measure and keep their data; "
            "it may be that nobody is notified of incidents until the cause is mended.",
        ),
        AlertRule(
            name="ThongsuotSinkBehind",
            expr=f"{_BEHIND_S} > 300",
            lasting="10m",
            severity="warning",
            summary_vi="{{ $labels.consumer }} chậm {{ $value | humanizeDuration }} so với dữ liệu"
            " đang đến",
            summary_en="{{ $labels.consumer }} is {{ $value | humanizeDuration }} behind the "
            "incoming data",
            action_vi="Không mất gì: dữ liệu chờ trong nhật ký. Xem cơ sở dữ liệu có nhận không"
            " (bảng Hệ thống thu thập).",
            action_en="Nothing is lost: it waits in the journal. Check whether the database "
            "accepts data"
            " (board Collector).",
        ),
        AlertRule(
            name="ThongsuotSinkDropping",
            expr=f"sum by (sink, reason) (increase({collector_metrics.SINK_DROPPED}[15m])) > 0",
            lasting="0s",
            severity="warning",
            summary_vi="{{ $labels.sink }} không nhận {{ $value | humanize }} mẫu trong 15 phút:"
            " {{ $labels.reason }}",
            summary_en="{{ $labels.sink }} did not accept {{ $value | humanize }} samples in 15"
            " minutes: {{ $labels.reason }}",
            action_vi="Những mẫu này thiếu trên biểu đồ; kết quả gốc vẫn còn trong nhật ký.",
            action_en="These samples are missing from graphs; the results themselves are still in "
            "the journal.",
        ),
        AlertRule(
            name="ThongsuotJournalFilling",
            expr=f"{collector_metrics.JOURNAL_BYTES} / {collector_metrics.JOURNAL_LIMIT} > 0.8",
            lasting="10m",
            severity="warning",
            summary_vi="Nhật ký đã dùng {{ $value | humanizePercentage }} dung lượng cho phép",
            summary_en="The journal has {{ $value | humanizePercentage }} of its allowed size",
            action_vi="Đến 100 % thì mục cũ nhất bị xoá dù chưa chuyển đi. Sửa bên đang chậm hoặc"
            " tăng journal.max_bytes.",
            action_en="At 100 % the oldest entry is deleted even if it was not forwarded. Fix the "
            "consumer that is behind, or raise journal.max_bytes.",
        ),
        AlertRule(
            name="ThongsuotDataLost",
            expr=f"delta({collector_metrics.LOST}[1h]) > 0",
            lasting="0s",
            severity="critical",
            summary_vi="{{ $value | humanize }} mục bị xoá khỏi nhật ký trước khi"
            " {{ $labels.consumer }} đọc",
            summary_en="{{ $value | humanize }} entries were deleted from the journal before "
            "{{ $labels.consumer }} read them",
            action_vi="Nhật ký đầy. Tăng journal.max_bytes hoặc sửa bên đang chậm, ngay.",
            action_en="The journal is full. Raise journal.max_bytes or fix the consumer that"
            " is behind.",
        ),
        AlertRule(
            name="ThongsuotJournalDamaged",
            expr=f"max(time() - {collector_metrics.JOURNAL_DAMAGED}) < {_DAY_S}",
            lasting="0s",
            severity="critical",
            summary_vi="Tệp nhật ký bị hỏng và đã được khôi phục"
            " {{ $value | humanizeDuration }} trước",
            summary_en="The journal was found damaged and recovered"
            " {{ $value | humanizeDuration }} ago",
            action_vi="Phần không đọc được đã mất: `thongsuot-collector verify` nêu từng lô. Kiểm"
            " tra đĩa trước khi làm việc khác.",
            action_en="What could not be read is lost: `thongsuot-collector verify` names each"
            " batch. Examine the disk before anything else.",
        ),
        AlertRule(
            name="ThongsuotJournalOnOneMachine",
            expr=f"max(max_over_time({collector_metrics.JOURNAL_WAITS_FOR_STANDBY}[7d]))"
            f" - max({collector_metrics.JOURNAL_WAITS_FOR_STANDBY}) > 0",
            lasting="5m",
            severity="critical",
            summary_vi="Nhật ký chỉ còn được ghi trên một máy",
            summary_en="The journal is kept on one machine only",
            action_vi="Máy chủ dự phòng của PostgreSQL đã mất hoặc bị bỏ ra: hỏng thêm máy còn lại"
            " là mất dữ liệu. Khôi phục máy dự phòng.",
            action_en="The standby of PostgreSQL has failed or was removed: if the remaining "
            "machine fails too, data is lost. Restore the standby.",
        ),
        AlertRule(
            name="ThongsuotRecordDoesNotClose",
            expr=f"{collector_metrics.RECORD_OPEN_SITES} > 0",
            lasting="5m",
            severity="critical",
            summary_vi="Bản ghi của {{ $value }} điểm bị mất lô mà không ai báo",
            summary_en="Batches of {{ $value }} sites are missing without an announced gap",
            action_vi="`thongsuot-collector verify` nêu từng lô và lý do; trang Sổ bản ghi cho biết"
            " điểm nào, ngày nào.",
            action_en="`thongsuot-collector verify` names each batch and the reason; the page of "
            "the record says which site and which day.",
        ),
        AlertRule(
            name="ThongsuotSinkPassedOver",
            expr=f'{collector_metrics.SINK_BATCHES}{{fate="skipped"}} > 0',
            lasting="5m",
            severity="critical",
            summary_vi="{{ $labels.sink }} bỏ qua {{ $value }} mục mà không giao",
            summary_en="{{ $labels.sink }} skipped {{ $value }} entries without delivering them",
            action_vi="Các mục này còn trong nhật ký nhưng thiếu ở nơi nhận. Ai đó đã sửa vị trí"
            " đọc, hoặc phần mềm có lỗi.",
            action_en="These entries are still in the journal but missing in the database. "
            "Somebody changed the position by hand, or there is a bug.",
        ),
        AlertRule(
            name="ThongsuotSiteQuarantined",
            expr=f"{collector_metrics.QUARANTINED_SITES} > 0",
            lasting="0s",
            severity="warning",
            summary_vi="{{ $value }} điểm gửi nhiều hơn mức cho phép và bị hạn chế",
            summary_en="{{ $value }} sites send more than allowed, and are quarantined",
            action_vi="Nhật ký kiểm tra (`thongsuot-collector audit`) nêu điểm nào và vì sao. Thiết"
            " bị lỗi, hoặc mã thông hành của nó bị người khác dùng: thu hồi nếu nghi ngờ.",
            action_en="The audit log (`thongsuot-collector audit`) says which site and why. Its "
            "device is faulty, or somebody else uses its token: revoke the token if in "
            "doubt.",
        ),
        AlertRule(
            name="ThongsuotDeadLetters",
            expr=f"increase({collector_metrics.DEAD_LETTERS}[1h]) > 0",
            lasting="0s",
            severity="warning",
            summary_vi="{{ $labels.consumer }} để riêng {{ $value | humanize }} lô không xử lý được"
            " trong một giờ",
            summary_en="{{ $labels.consumer }} failed to process {{ $value | humanize }} batches"
            " within an hour",
            action_vi="Không mất: các lô này vẫn đọc được, nhật ký hệ thống ghi lý do. Đây là lỗi"
            " của phần mềm hoặc của một thiết bị.",
            action_en="Nothing is lost: the batches are kept, and the log has the reason. This is "
            "a bug in the software or in one device.",
        ),
        AlertRule(
            name="ThongsuotCertificateExpiring",
            expr=f"({collector_metrics.CERTIFICATE} - time()) / {_DAY_S} < 14",
            lasting="1h",
            severity="warning",
            summary_vi="Chứng thư của hệ thống thu thập ({{ $labels.file }}) còn"
            ' {{ $value | printf "%.1f" }} ngày',
            summary_en="The collector's certificate ({{ $labels.file }}) expires in"
            ' {{ $value | printf "%.1f" }} days',
            action_vi="Sau khi hết hạn, không thiết bị nào gửi được dữ liệu. Thay chứng thư và khởi"
            " động lại hệ thống thu thập.",
            action_en="After that no device can push. Replace it and restart the collector.",
        ),
        AlertRule(
            name="ThongsuotAuthorityExpiring",
            expr=f"({collector_metrics.AUTHORITY} - time()) / {_DAY_S} < 60",
            lasting="1h",
            severity="warning",
            summary_vi="Đơn vị cấp chứng thư thiết bị ({{ $labels.authority }}) còn"
            ' {{ $value | printf "%.1f" }} ngày',
            summary_en="The authority for device certificates ({{ $labels.authority }}) expires in"
            ' {{ $value | printf "%.1f" }} days',
            action_vi="Sau khi hết hạn, chứng thư của mọi thiết bị không còn giá trị. Thay bằng"
            " thongsuot-collector ca renew rồi khởi động lại hệ thống thu thập.",
            action_en="After that no device's certificate is valid. Run thongsuot-collector ca "
            "renew, then restart the collector.",
        ),
        AlertRule(
            name="ThongsuotRevocationListOverdue",
            expr=f"time() - {collector_metrics.REVOCATIONS} > 0",
            lasting="1h",
            severity="warning",
            summary_vi="Danh sách thu hồi chứng thư {{ $labels.file }} đã quá hạn"
            " {{ $value | humanizeDuration }}",
            summary_en="Revocation list {{ $labels.file }} is overdue by"
            " {{ $value | humanizeDuration }}",
            action_vi="Danh sách cũ vẫn được dùng, nhưng chứng thư bị thu hồi sau đó vẫn được chấp"
            " nhận. Đưa danh sách mới của đơn vị cấp chứng thư vào chỗ tệp này.",
            action_en="The old list stays in use, but certificates revoked since are accepted. "
            "Replace the file with the authority's newest list.",
        ),
        AlertRule(
            name="ThongsuotTaskFailing",
            expr=f"sum by (task) (increase({collector_metrics.TASK_FAILURES}[15m])) > 3",
            lasting="0s",
            severity="warning",
            summary_vi="Tác vụ {{ $labels.task }} khởi động lại {{ $value | humanize }} lần trong"
            " 15 phút",
            summary_en="Task {{ $labels.task }} restarted {{ $value | humanize }} times in 15"
            " minutes",
            action_vi="Nhật ký hệ thống ghi rõ lỗi gì: cơ sở dữ liệu từ chối, hoặc lỗi của phần"
            " mềm.",
            action_en="The log has the error: a database that refuses, or a bug in the software.",
        ),
    ),
)
