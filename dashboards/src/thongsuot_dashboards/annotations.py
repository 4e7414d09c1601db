"""Marks on the boards: incidents and changes of path, as annotations."""

from thongsuot_dashboards.panels.board import Annotation
from thongsuot_dashboards.query import selector
from thongsuot_dashboards.text import BilingualText
from thongsuot_schema.catalogue import icmp, path, verdict


def link_down(**matchers: str) -> Annotation:
    """Return the mark of periods in which a link was down; the verdict has the beginning."""
    series = selector(verdict.STATE.full_name, **({"link": "!=", "target": "="} | matchers))
    return Annotation(
        name=BilingualText("Mất kết nối", "Link down"),
        expr=f"{series} == 2",
        color="red",
        heading="{{site}} {{link}}",
        text=BilingualText("Mất kết nối, nhà mạng {{carrier}}", "Down, carrier {{carrier}}"),
    )


def service_down(**matchers: str) -> Annotation:
    """Return the mark of periods in which a service was down at one site or more."""
    series = selector(verdict.STATE.full_name, **({"link": "=", "target": "!="} | matchers))
    return Annotation(
        name=BilingualText("Dịch vụ hỏng", "Service down"),
        expr=f"max by (target) ({series}) == 2",
        color="blue",
        heading="{{target}}",
        text=BilingualText("Không truy cập được {{target}}", "{{target}} not reachable"),
    )


def other_route(**matchers: str) -> Annotation:
    """
    Return the mark of moments at which a path to a target was found to have changed.

    Only paths that reach the target count (they have a number of hops): a path that a fault cuts
    short has fewer responding hops, and has not changed.
    """
    whole = selector(path.HOPS.full_name, **matchers)
    series = f"({selector(path.ROUTE.full_name, **matchers)} and {whole})"
    return Annotation(
        name=BilingualText("Đổi tuyến", "Route change"),
        expr=f"changes({series}[10m:30s]) > 0",
        color="orange",
        heading="{{site}} {{link}} {{target}} {{family}}",
        text=BilingualText("Tuyến đến đích đã đổi", "The path to the target changed"),
    )


def other_way_back(**matchers: str) -> Annotation:
    """Return the mark of moments at which answers began to take another path: another hop count."""
    series = selector(icmp.HOP_LIMIT.full_name, **matchers)
    return Annotation(
        name=BilingualText("Đổi đường đi", "Path change"),
        expr=f"changes({series}[2m]) > 0",
        color="purple",
        heading="{{site}} {{link}} {{target}} {{family}}",
        text=BilingualText(
            "Gói trả lời đến theo đường khác (TTL thay đổi)",
            "Answers take another path (hop limit changed)",
        ),
    )
