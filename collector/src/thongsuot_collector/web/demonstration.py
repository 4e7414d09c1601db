"""Demonstration: what pages say where what they show was made up. Pure."""

from thongsuot_collector.web import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.words.dates import relative_moment


def generated_note(until_s: float, page: PageReader) -> str:
    """
    Return the sentence on top of pages about many points: up to when some of it was made up (Unix
    seconds); 0: all was measured, and nothing is said.
    """
    if not until_s:
        return ""
    moment = relative_moment(until_s, page.now_s, page.language)
    return labels.GENERATED_UNTIL.read(page.language, moment=moment)
