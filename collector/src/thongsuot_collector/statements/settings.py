"""Settings of the statements: the ``[sla]`` table of the configuration."""

from typing import Annotated

import msgspec

from thongsuot_schema.inventory.fields import StrictStruct

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class SlaSettings(StrictStruct, frozen=True, kw_only=True):
    """When statements are issued. The terms of circuits are in the inventory: ``[[contracts]]``."""

    issue_after_s: NotNegative = 86_400.0
    """A month's statements are issued this long after its end, when most late data has arrived."""
    recheck_s: Positive = 3_600.0
    """The interval of recalculation; a statement with a changed content gets a new revision."""
    recheck_for_s: Positive = 36 * 86_400.0
    """
    Recalculation ends this long after the month's end: a device keeps its record for 30 days, and
    the past is rewritten for 35.
    """
