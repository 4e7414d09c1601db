"""The result of one flow, from any endpoint."""

from dataclasses import dataclass

from thongsuot_schema.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowAnswer:
    """
    The result of one flow. ``address`` is empty if the endpoint does not report the source address;
    ``reason`` says why there was no answer.
    """

    address: str = ""
    reason: Reason | None = None
    detail: str = ""
    bytes_both_ways: int = 0
