"""Demonstration: the note on pages with generated data. Pure."""

from thongsuot_collector.web import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.words.dates import relative_moment


def generated_note(until_s: float, page: PageReader) -> str:
    """
    Return the sentence on top of pages about many points: the end of the generated data (Unix
    seconds); 0: everything was measured, and there is no sentence.
    """
    if not until_s:
        return ""
    moment = relative_moment(until_s, page.now_s, page.language)
    return labels.GENERATED_UNTIL.read(page.language, moment=moment)
