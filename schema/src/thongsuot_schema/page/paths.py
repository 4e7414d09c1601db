"""The paths of a link on the page: before and now, hop by hop."""

from collections.abc import Mapping
from typing import Final

from thongsuot_schema.page import labels
from thongsuot_schema.page.escape import escape
from thongsuot_schema.path import Hop, Path
from thongsuot_schema.state import State
from thongsuot_schema.view import NetworkPath, SiteView, SubjectView
from thongsuot_schema.words.dates import relative_moment
from thongsuot_schema.words.evidence import FAMILIES
from thongsuot_schema.words.figures import milliseconds
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.paths import describe_end, describe_mtu_hole, describe_refusal
from thongsuot_schema.words.titles import target_titles

_SHOWN: Final = 3
"""Maximum paths shown for one link, which bounds the page's size: incomplete ones come first."""


def paths_part(light: SubjectView, key: str, view: SiteView, language: Language) -> str:
    """Return the paths of a link, folded away; empty if none was measured."""
    if not light.paths:
        return ""
    ordered = sorted(light.paths, key=lambda way: (way.path.is_reached, way.previous is None))
    titles = target_titles(view, language)
    tables = "".join(
        _table(way, titles.get(way.target, way.target), view.now_s, language)
        for way in ordered[:_SHOWN]
    )
    title = labels.PATHS.read(language)
    if light.state is not State.UP and any(way.previous for way in ordered):
        title = labels.PATHS_COMPARED.read(language)
    return f'<details id="{key}w"><summary>{title}</summary>{tables}</details>'


def _table(way: NetworkPath, title: str, now_s: float, language: Language) -> str:
    before = way.previous
    target = " ".join(part for part in (title, FAMILIES[way.family]) if part)
    caption = labels.PATH_TO.read(language, target=target)
    heads = [labels.HOP.read(language)]
    if before is not None and way.previous_at_s is not None:
        heads.append(
            labels.BEFORE.read(language, when=relative_moment(way.previous_at_s, now_s, language))
        )
    heads.append(relative_moment(way.at_s, now_s, language))
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    paths = [way.path] if before is None else [before, way.path]
    rows = "".join(
        _row(number, paths, dict(way.networks), language)
        for number in range(
            1, max((hop.number for path in paths for hop in path.hops), default=0) + 1
        )
    )
    descriptions = [describe_end(way.path, language), describe_mtu_hole(way.path, language)]
    notes = "".join(f"<p>{escape(text)}</p>" for text in descriptions if text)
    return (
        f'<table class="proof ways"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{notes}"
    )


def _row(number: int, paths: list[Path], networks: Mapping[str, str], language: Language) -> str:
    cells = "".join(
        f"<td>{escape(_cell(path.hop(number), networks, language))}</td>" for path in paths
    )
    return f'<tr><th scope="row">{number}</th>{cells}</tr>'


def _cell(hop: Hop | None, networks: Mapping[str, str], language: Language) -> str:
    if hop is None:
        return ""
    if not hop.addresses:
        return labels.NO_ANSWER.read(language)
    if hop.refusal:
        return f"{hop.address}: {describe_refusal(hop, language)}"
    parts = [hop.address, networks.get(hop.address, "")]
    if hop.rtt_s is not None:
        parts.append(milliseconds(hop.rtt_s, language))
    if hop.answered < hop.sent:
        parts.append(f"{hop.answered}/{hop.sent}")
    if hop.labels:
        parts.append("MPLS " + " ".join(str(label) for label in hop.labels))
    return " · ".join(part for part in parts if part)
