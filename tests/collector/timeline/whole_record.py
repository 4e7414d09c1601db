"""A site's intervals read at once from its boots: what the rewrites of its timeline amount to."""

from thongsuot_collector.timeline.boot import subject_key
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.site import SiteTimeline
from thongsuot_collector.timeline.states import intervals_of
from thongsuot_collector.timeline.subject import Subject


def whole_record(timeline: SiteTimeline) -> dict[Subject, tuple[Interval, ...]]:
    """Return the present intervals of every subject; the last ones are open."""
    return {
        subject: intervals_of(
            timeline.boots.values(),
            None if subject.is_device else subject_key(subject.link, subject.service),
            is_silent=timeline.is_silent,
            floor_ns=timeline.floor_ns,
        )
        for subject in timeline.current()
    }
