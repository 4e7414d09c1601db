"""
A device is off, or everything of a site went at once: most likely it has no power.

While it lasts this is a conclusion (all links were well until the last word, then nothing); the
next boot tells how long the device was off.
"""

from thongsuot_collector.incidents.fault import Fault
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.incidents.rule import Candidate, RuleSentences, SingleFaultRule
from thongsuot_collector.timeline.interval import Basis
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text

_LINKS = 2
"""Two links do not fail at once by themselves; of one that is silent nothing can be said."""


def is_power_loss(trouble: Fault, picture: NetworkState) -> bool:
    """Return whether a device's silence is one of power."""
    if trouble.has_symptom(Symptom.DEVICE_OFF):
        return True
    if trouble.phases[-1].interval.basis is not Basis.SILENCE:
        return False
    links = picture.links_of_site(trouble.subject.site)
    return len(links) >= _LINKS and all(picture.current_fault_of(link) is None for link in links)


def assess(trouble: Fault, picture: NetworkState) -> Candidate | None:
    """Claim what is, or looks like, a device without power."""
    if not trouble.subject.is_device or not is_power_loss(trouble, picture):
        return None
    settings = picture.settings
    is_known = trouble.has_symptom(Symptom.DEVICE_OFF)
    return Candidate(
        faults=(trouble,),
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=State.UNKNOWN,
        segment=Segment.DEVICE,
        symptom=Symptom.DEVICE_OFF if is_known else Symptom.AGENT_SILENT,
        party=ResponsibleParty(Party.COMMUNE, trouble.subject.site),
        severity=Severity.MAJOR,
        hold_s=settings.silence_hold_s,
        limit_s=settings.silence_hold_s,
    )


RULE = SingleFaultRule(
    code="site_power",
    title=Text("Điểm mất điện", "A site without power"),
    assess=assess,
    depends_on=("many_silent", "carrier_outage"),
    sentences=RuleSentences(
        headline=Text("{site} có thể mất điện", "{site} may have no power"),
        what=Text(
            "Các đường truyền và thiết bị giám sát của điểm {site} cùng ngừng{since}; ngay trước "
            "đó mọi đường truyền vẫn bình thường. Nhiều khả năng điểm mất điện.",
            "The links and the monitoring device of {site} stopped at once{since}; until then "
            "every link worked. Most likely the point has no power.",
        ),
        do=Text(
            "Hãy kiểm tra nguồn điện, ổ cắm và công tắc. Có điện trở lại, thiết bị tự hoạt động.",
            "Check the mains, the socket and the switch. Once there is power again the device "
            "starts by itself.",
        ),
    ),
)
