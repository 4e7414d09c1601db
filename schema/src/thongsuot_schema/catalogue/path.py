"""
The way to a target, hop by hop (traceroute with one flow; RFC 792, RFC 4443, RFC 4950, RFC 8899).

The answers of each hop are evidence of the result (``thongsuot_schema.path``), not as series: a
series for each hop would be a new one for each change of route.
"""

from thongsuot_schema.metric import Metric, ProbeKind, Unit, boolean_metric

HOPS = Metric(
    name="path_hops",
    unit=Unit.COUNT,
    help_en="Hops to the target; absent while the target does not answer",
    help_vi="Số chặng đến đích; không có khi đích không trả lời",
    resolution=1.0,
    minimum=1.0,
    maximum=64.0,
)
LAST_HOP = Metric(
    name="path_last_hop_number",
    unit=Unit.NUMBER,
    help_en="Farthest hop that answered; 0 when none did",
    help_vi="Chặng xa nhất có trả lời; 0 khi không chặng nào trả lời",
    resolution=1.0,
    minimum=0.0,
    maximum=64.0,
)
SILENT_HOPS = Metric(
    name="path_silent_hops",
    unit=Unit.COUNT,
    help_en="Hops before the farthest one that did not answer at all",
    help_vi="Số chặng ở giữa không trả lời",
    resolution=1.0,
    minimum=0.0,
    maximum=64.0,
)
RTT = Metric(
    name="path_rtt_seconds",
    unit=Unit.SECONDS,
    help_en="Round-trip time to the target, median of the probes of one run that it answered",
    help_vi="Độ trễ khứ hồi đến đích, trung vị các gói có trả lời trong một lượt đo",
    resolution=1e-6,
    minimum=0.0,
    maximum=60.0,
)
FIRST_HOP = Metric(
    name="path_first_hop_seconds",
    unit=Unit.SECONDS,
    help_en="Round-trip time to the first hop beyond the site's own network: the carrier's",
    help_vi="Độ trễ khứ hồi đến chặng đầu tiên của nhà mạng",
    resolution=1e-6,
    minimum=0.0,
    maximum=60.0,
)
FIRST_HOP_LOSS = Metric(
    name="path_first_hop_loss_ratio",
    unit=Unit.RATIO,
    help_en="Share of the probes to the carrier's first hop that stayed unanswered; routers limit "
    "how often they answer, so loss here alone is no loss of the line",
    help_vi="Tỷ lệ gói đến chặng đầu tiên của nhà mạng không có trả lời; bộ định tuyến thường hạn "
    "chế trả lời nên riêng số này chưa phải là mất gói",
    resolution=1e-4,
    minimum=0.0,
    maximum=1.0,
)
ROUTE = Metric(
    name="path_route_number",
    unit=Unit.NUMBER,
    help_en="A number that identifies the route: the same for the same answering hops",
    help_vi="Số đại diện cho tuyến đường: tuyến không đổi thì số không đổi",
    resolution=1.0,
    minimum=0.0,
    maximum=16777215.0,
)
LABELLED_HOPS = Metric(
    name="path_labelled_hops",
    unit=Unit.COUNT,
    help_en="Hops that reported MPLS labels on the packet",
    help_vi="Số chặng cho biết gói tin có nhãn MPLS",
    resolution=1.0,
    minimum=0.0,
    maximum=64.0,
)
MTU = Metric(
    name="path_mtu_bytes",
    unit=Unit.BYTES,
    help_en="Largest packet (IP header included) that got through to the target and back",
    help_vi="Kích thước gói lớn nhất (kể cả phần đầu IP) đi được đến đích và quay về",
    resolution=1.0,
    minimum=68.0,
    maximum=65535.0,
)
MTU_HOP = Metric(
    name="path_mtu_hop_number",
    unit=Unit.NUMBER,
    help_en="Last hop that packets of the link's own size still reach; absent when all do",
    help_vi="Chặng cuối mà gói cỡ lớn nhất của đường truyền còn đến được; không có khi mọi chặng "
    "đều đến được",
    resolution=1.0,
    minimum=0.0,
    maximum=64.0,
)
BLACK_HOLE = boolean_metric(
    "path_mtu_black_hole",
    "1 when large packets vanish without an error from any router, else 0",
    "1 khi gói lớn mất mà không bộ định tuyến nào báo, ngược lại là 0",
)

KIND = ProbeKind(
    name="path",
    revision=1,
    title_en="Path to a target",
    title_vi="Đường đi đến đích",
    metrics=(
        HOPS,
        LAST_HOP,
        SILENT_HOPS,
        RTT,
        FIRST_HOP,
        FIRST_HOP_LOSS,
        ROUTE,
        LABELLED_HOPS,
        MTU,
        MTU_HOP,
        BLACK_HOLE,
    ),
)
