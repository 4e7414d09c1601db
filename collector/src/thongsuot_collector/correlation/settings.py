"""The settings of the incident consumer."""

import msgspec

from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.timeline.settings import TimelineSettings


class IncidentConsumerSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The settings of the incident consumer's parts."""

    timeline: TimelineSettings = TimelineSettings()
    incidents: IncidentSettings = IncidentSettings()
