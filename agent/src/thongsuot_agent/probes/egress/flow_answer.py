"""What one flow brought, from any endpoint."""

from dataclasses import dataclass

from thongsuot_schema.reason import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowAnswer:
    """
    What one flow brought. ``address`` is empty where the endpoint does not say from where it
    came; ``reason`` says why there was no answer.
    """

    address: str = ""
    reason: Reason | None = None
    detail: str = ""
    bytes_both_ways: int = 0
