"""The fixed words of the page."""

from typing import Final

from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.words.language import CountedText, Text

COMMISSIONING: Final = Text("schema.page.commissioning")
STATUS_PAGE: Final = Text("schema.page.status_page")
LANGUAGE_NAME: Final = Text("schema.page.language_name")
ALL_SITES: Final = Text("schema.page.all_sites")
AS_OF: Final = Text("schema.page.as_of")
LINKS: Final = Text("schema.page.links")
SERVICES: Final = Text("schema.page.services")
TEST_NOW: Final = Text("schema.page.test_now")
TEST_WHAT: Final = Text("schema.page.test_what")
TESTING: Final = Text("schema.page.testing")
TEST_AGAIN_IN: Final = Text("schema.page.test_again_in")
REQUESTED_LOCALLY: Final = Text("schema.page.requested_locally")
REQUESTED_BY_CENTRE: Final = Text("schema.page.requested_by_centre")
NOTIFIED: Final = Text("schema.page.notified")
TO_DO: Final = Text("schema.page.to_do")
ACTS: Final = Text("schema.page.acts")
CALL: Final = Text("schema.page.call")
SWITCH_OVERS: Final = Text("schema.page.switch_overs")
SWITCH_OVERS_TOTAL: Final = Text("schema.page.switch_overs_total")
SWITCH_OVER_WAY: Final = Text("schema.page.switch_over_way")
SWITCH_OVER_TOOK: Final = Text("schema.page.switch_over_took")
SWITCH_OVER_BACK: Final = Text("schema.page.switch_over_back")
SWITCH_OVER_NOT_BACK: Final = Text("schema.page.switch_over_not_back")
READ_OUT: Final = Text("schema.page.read_out")
BEFORE_CALLING: Final = Text("schema.page.before_calling")
RTT: Final = Text("schema.page.rtt")
LOSS: Final = Text("schema.page.loss")
SIGNAL_5G: Final = Text("schema.page.signal_5g")
SIGNAL_4G: Final = Text("schema.page.signal_4g")
LIGHT: Final = Text("schema.page.light")
NO_LIGHT: Final = Text("schema.page.no_light")
POWER: Final = Text("schema.page.power")
MAINS: Final = Text("schema.page.mains")
AGO: Final = Text("schema.page.ago")
BATTERY: Final = Text("schema.page.battery")
REACHED_OVER: Final = Text("schema.page.reached_over")
EVIDENCE: Final = Text("schema.page.evidence")
IN_USE: Final = Text("schema.page.in_use")
SINCE_WHEN: Final = Text("schema.page.since_when")
PATHS: Final = Text("schema.page.paths")
PATHS_COMPARED: Final = Text("schema.page.paths_compared")
PATH_TO: Final = Text("schema.page.path_to")
HOP: Final = Text("schema.page.hop")
BEFORE: Final = Text("schema.page.before")
NO_ANSWER: Final = Text("schema.page.no_answer")
PROBE: Final = Text("schema.page.probe")
RESULT: Final = Text("schema.page.result")
WHERE: Final = Text("schema.page.where")
SEGMENT_OK: Final = Text("schema.page.segment_ok")
SEGMENT_FAULT: Final = Text("schema.page.segment_fault")
SEGMENT_UNCHECKED: Final = Text("schema.page.segment_unchecked")
FOR: Final = Text("schema.page.for")
REFERENCE: Final = Text("schema.page.reference")
NOT_DELIVERED: Final = Text("schema.page.not_delivered")
VERSION: Final = Text("schema.page.version")
LEGEND: Final = Text("schema.page.legend")
CODE: Final = Text("schema.page.code")

BECAUSE_OF_LINE: Final[dict[State, Text]] = {
    State.DEGRADED: Text("schema.page.because_of_line.degraded"),
    State.DOWN: Text("schema.page.because_of_line.down"),
}
"""Text about a service beside a link whose card says everything; empty for an unknown one."""
WHOLE_POINT: Final = Text("schema.page.whole_point")

STALE: Final = Text("schema.page.stale")
NOBODY_NOTIFIED: Final = Text("schema.page.nobody_notified")
CENTRE_UNREACHABLE: Final = Text("schema.page.centre_unreachable")
CENTRE_AWAY_SINCE: Final = Text("schema.page.centre_away_since")
CENTRE_FAILOVER: Final = Text("schema.page.centre_failover")
CENTRE_UNREACHABLE_QUIET: Final = Text("schema.page.centre_unreachable_quiet")
CLOCK_WRONG: Final = Text("schema.page.clock_wrong")
DUPLICATE_DEVICES: Final = Text("schema.page.duplicate_devices")
NOT_HEARD: Final = Text("schema.page.not_heard")
MAINTENANCE: Final = Text("schema.page.maintenance")
HEARD: Final = Text("schema.page.heard")
BACKLOG: Final = Text("schema.page.backlog")
REFRESHES: Final = Text("schema.page.refreshes")
ZONE: Final = Text("schema.page.zone")
ON_DEVICE: Final = Text("schema.page.on_device")

LADDER: Final[dict[Segment, Text]] = {
    Segment.DEVICE: Text("schema.page.ladder.device"),
    Segment.LAN: Text("schema.page.ladder.lan"),
    Segment.ACCESS: Text("schema.page.ladder.access"),
    Segment.CARRIER: Text("schema.page.ladder.carrier"),
    Segment.TRANSIT: Text("schema.page.ladder.transit"),
}
"""Short names of the rungs that a link has, for a picture of where the fault is."""
AVAILABILITY_PICTURE: Final = Text("schema.page.availability.picture")
AVAILABILITY_NO_RECORD: Final = Text("schema.page.availability.no_record")
AVAILABILITY_NO_OUTAGE: Final = Text("schema.page.availability.no_outage")
AVAILABILITY_OUTAGES: Final = CountedText("schema.page.availability.outages")
AVAILABILITY_LASTED: Final = Text("schema.page.availability.lasted")
AVAILABILITY_PERIODS: Final = Text("schema.page.availability.periods")
CHART_CHOICE: Final = Text("schema.page.charts.choice")
CHART_MORE: Final = Text("schema.page.charts.more")
CHART_LINE: Final = Text("schema.page.charts.line")
CHART_NO_DELAY: Final = Text("schema.page.charts.no_delay")
CHART_DELAY: Final = Text("schema.page.charts.delay")
CHART_SILENT: Final = Text("schema.page.charts.silent")
CHART_LOSS: Final = Text("schema.page.charts.loss")
CHART_NO_LOSS: Final = Text("schema.page.charts.no_loss")
CHART_WORST: Final = Text("schema.page.charts.worst")
CHART_KEY: Final = Text("schema.page.charts.key")
CHART_LOSS_AXIS: Final = Text("schema.page.charts.loss_axis")
