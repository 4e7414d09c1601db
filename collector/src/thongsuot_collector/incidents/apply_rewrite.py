"""Taking rewrites: from what changed in the timeline to the troubles that it changes."""

from thongsuot_collector.incidents.fault import (
    Fault,
    drafts_of,
    fault_from_draft,
    is_same_fault,
    withdrawn,
)
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.timeline.interval import Rewrite


def apply_rewrite(book: IncidentRegistry, rewrite: Rewrite) -> set[str]:
    """
    Take one rewrite; return the names of the troubles to look at again.

    A trouble that the rewrite shows otherwise keeps its name; one that it shows no more is gone.
    Whoever else is in trouble at the same site is looked at too: what is left of it counts.
    """
    subject, now_ns = rewrite.subject, book.network_state.now_ns
    if rewrite.until_ns is None and rewrite.intervals:
        book.network_state.set_state(subject, rewrite.intervals[-1])
    known = [one for one in book.faults_of(subject) if _is_inside(one, rewrite)]
    touched: set[str] = set()
    for draft in drafts_of(rewrite, book.calm_ns):
        same = next((one for one in known if is_same_fault(one, draft, book.calm_ns)), None)
        if same is not None:
            known.remove(same)
        trouble = fault_from_draft(draft, subject, same, rewrite.evidence, now_ns)
        if same is None and trouble.id in book.faults:
            # It was thought to be gone, and has come back.
            trouble = fault_from_draft(
                draft, subject, book.faults[trouble.id], rewrite.evidence, now_ns
            )
        book.put_fault(trouble)
        touched.add(trouble.id)
    for one in known:
        if not one.is_withdrawn:
            book.put_fault(withdrawn(one))
            touched.add(one.id)
    return touched | _site_faults(book, rewrite)


def _is_inside(trouble: Fault, rewrite: Rewrite) -> bool:
    """Return whether a rewrite speaks of the time of a trouble."""
    ends_before = trouble.end_ns is not None and trouble.end_ns <= rewrite.from_ns
    starts_after = rewrite.until_ns is not None and trouble.start_ns >= rewrite.until_ns
    return not (ends_before or starts_after)


def _site_faults(book: IncidentRegistry, rewrite: Rewrite) -> set[str]:
    picture, site = book.network_state, rewrite.subject.site
    subjects = picture.subjects_of(site)
    return {one.id for one in map(picture.current_fault_of, subjects) if one is not None}
