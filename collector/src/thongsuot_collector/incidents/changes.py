"""Changes: the changes of an incident to be recorded, as lines of history."""

from collections.abc import Iterable

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import HistoryEntry, Incident, IncidentMember


def changes_of(old: Incident, new: Incident, now_ns: int) -> Iterable[HistoryEntry]:
    """Yield the changes to be recorded."""
    if (old.state, old.symptom) != (new.state, new.symptom):
        yield HistoryEntry(at_ns=now_ns, event=f"is {new.state}", about=new.symptom)
    if old.opened_ns != new.opened_ns:
        moved_s = (new.opened_ns - old.opened_ns) / NS_PER_S
        yield HistoryEntry(at_ns=now_ns, event="onset", about=f"{moved_s:+.1f} s")
    if old.party != new.party:
        yield HistoryEntry(at_ns=now_ns, event="party", about=str(new.party))
    if old.code != new.code:
        yield HistoryEntry(at_ns=now_ns, event="rule", about=new.code)
    if old.is_excused != new.is_excused:
        yield HistoryEntry(
            at_ns=now_ns, event="maintenance " + ("began" if new.is_excused else "ended")
        )
    yield from _membership_changes(old, new, now_ns)


def _membership_changes(old: Incident, new: Incident, now_ns: int) -> Iterable[HistoryEntry]:
    if len(new.members) == len(old.members) == 1:
        return
    before = {member.subject: member for member in old.members}
    for member in new.members:
        prior = before.pop(member.subject, None)
        event = _membership_change(prior, member)
        if event:
            yield HistoryEntry(at_ns=now_ns, event=event, about=str(member.subject))
    for member in before.values():
        yield HistoryEntry(at_ns=now_ns, event="left", about=str(member.subject))


def _membership_change(prior: IncidentMember | None, member: IncidentMember) -> str:
    if prior is None:
        return "joined"
    if prior.end_ns is None and member.end_ns is not None:
        return "is up"
    return "is out again" if prior.end_ns is not None and member.end_ns is None else ""
