"""The first screen: who has to act, by words, shape and colour, and the one thing to do."""

from typing import Final

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape, telephone_url
from thongsuot_schema.page.step_pictures import steps_part
from thongsuot_schema.segment import Party
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.next_action import NextAction

_DANGER, _NOBODY, _NOT_KNOWN = "danger", "nobody", "not-known"

# A person, a handset, a globe, a house, an octagon with a mark, a tick, a question mark.
_GLYPHS: Final[dict[str, str]] = {
    Party.COMMUNE.value: '<circle cx="12" cy="7" r="4.5"/><path d="M3 22c0-5 4-8 9-8s9 3 9 8z"/>',
    Party.CARRIER.value: (
        '<path d="M6.5 2l4 5.5-2.5 2.5c1.2 2.8 3.2 4.8 6 6l2.5-2.5 5.5 4-2 4.5C10 22 2 14 2 4z"/>'
    ),
    Party.PORTAL.value: (
        '<g fill="none" stroke="currentColor" stroke-width="2"><circle cx="12" cy="12" r="10"/>'
        '<path d="M12 2c-6 6-6 14 0 20c6-6 6-14 0-20z"/><path d="M2.5 9h19M2.5 15h19"/></g>'
    ),
    Party.CITY.value: '<path d="M3 22V9l9-7 9 7v13h-6v-7H9v7z"/>',
    _DANGER: (
        '<path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z"/>'
        '<path d="M12 6v7M12 17v.1" stroke="var(--turn)" stroke-width="3" stroke-linecap="round"/>'
    ),
    _NOBODY: (
        '<path d="M4 12.5l5.5 5.5L20 6.5" fill="none" stroke="currentColor" '
        'stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    _NOT_KNOWN: (
        '<path d="M7 8a5 5 0 1 1 7 4.600c-1.500.7-2 1.400-2 2.900M12 20.500v.1" fill="none" '
        'stroke="currentColor" stroke-width="3" stroke-linecap="round"/>'
    ),
}


def turn_class(action: NextAction) -> str:
    """Return the CSS class for the colour of a turn, by the party that acts."""
    if action.is_danger:
        return _DANGER
    if action.party is not None:
        return action.party.value
    return _NOBODY if action.is_nobodys else _NOT_KNOWN


def turn_icon(action: NextAction) -> str:
    """Return the shape of a turn; decoration, because the text is always beside it."""
    glyph = _GLYPHS[turn_class(action)]
    return f'<svg viewBox="0 0 24 24" aria-hidden="true">{glyph}</svg>'


def action_part(action: NextAction, language: Language) -> str:
    """Return what to do now with one button, and who has been notified; empty: nothing to do."""
    if not action.advice:
        return ""
    notified = f"<p>{escape(action.notified)}</p>" if action.notified else ""
    call = _call(action, language)
    if not call:
        return f'<div class="advice">{steps_part(action.steps, language)}</div>{notified}'
    # One thing to do; preliminary checks are for readers who take the time.
    assert action.subject is not None, "who is called is that of a link"
    circuit = action.subject.circuit
    read_out = labels.READ_OUT.read(language, circuit=circuit) if circuit else ""
    script = (
        f'<details id="script"><summary>{labels.BEFORE_CALLING.read(language)}</summary>'
        f"{steps_part(action.steps, language)}</details>"
    )
    brief = f'<p class="advice">{escape(read_out)}</p>' if read_out else ""
    return f"{brief}{call}{notified}{script}"


def _call(action: NextAction, language: Language) -> str:
    """Return a button that dials the carrier; the advice has the circuit to read out."""
    subject = action.subject
    if subject is None or action.is_wide:
        return ""
    if action.party is not Party.CARRIER or not subject.medium:
        return ""
    url = telephone_url(subject.carrier_hotline)
    if not url:
        return ""
    call = labels.CALL.read(language)
    words = " ".join(part for part in (call, subject.carrier, subject.carrier_hotline) if part)
    # In an element of its own: beside a number that is kept unbroken the space would be lost.
    return f'<p><a class="call" href="{url}"><span>{escape(words)}</span></a></p>'
