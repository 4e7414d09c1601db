"""The account of one site by day, and of all sites, as pages. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from thongsuot_collector.accounts.overview import AllAccepted, SiteTotal
from thongsuot_collector.accounts.site_account import DayAccount, SinkLine, SinkProgress
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.store.record_accounts import AcceptedLoss
from thongsuot_collector.web.account import labels
from thongsuot_collector.web.layout import Frame, render
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, in_language

_EPOCH = date(1970, 1, 1)
_ACCEPTED_SHOWN = 200
"""Acceptances on the page; ``verify`` prints all of them."""


def site_page(
    site: str,
    title: str,
    days: Sequence[DayAccount],
    language: Language,
) -> str:
    """Return the page of a site by days: the batches made on each, and where they are."""
    closes = all(day.closes for day in days)
    frame = Frame(
        title=labels.TITLE.read(language),
        state=State.UP if closes else State.DOWN,
        url_in=lambda other: f"/sites/{site}/account?lang={other}",
        home_url=f"/sites/{site}?lang={language}",
        place=title or site,
    )
    content = {
        "labels": labels,
        "made": [
            [
                _day_text(day.day),
                str(day.made),
                str(day.fates.get(BatchFate.KEPT, 0)),
                _elsewhere(day.fates, language),
                (labels.CLOSES if day.closes else labels.OPEN).read(language),
            ]
            for day in days
        ],
        "came": [
            [_day_text(day.day), str(day.arrived), line.sink, *map(str, _numbers(line))]
            for day in days
            for line in day.sinks
        ],
    }
    return render("account_site", frame, language, content)


def sites_page(
    totals: Sequence[SiteTotal],
    sinks: Sequence[SinkProgress],
    titles: Mapping[str, str],
    *,
    accepted: AllAccepted,
    query: str,
    language: Language,
) -> str:
    """
    Return all sites, those with an unbalanced account first, and what persons have accepted.

    ``query`` is the search text.
    """
    closes = not any(total.silent for total in totals)
    closes = closes and not any(sink.skipped or sink.lost for sink in sinks)
    frame = Frame(
        title=labels.TITLE.read(language),
        state=State.UP if closes else State.DOWN,
        url_in=lambda other: f"/account?lang={other}",
        home_url=f"/?lang={language}",
    )
    worst_first = sorted(totals, key=lambda total: (-total.silent, total.site))
    content = {
        "labels": labels,
        "query": query,
        "sites": [
            {
                "name": total.site,
                "title": titles.get(total.site) or total.site,
                "cells": [
                    str(total.made),
                    str(total.fates.get(BatchFate.KEPT, 0)),
                    _elsewhere(total.fates, language),
                    (labels.OPEN if total.silent else labels.CLOSES).read(language),
                ],
            }
            for total in worst_first
        ],
        "sinks": [
            [
                sink.sink,
                *map(
                    str, (sink.delivered, sink.behind, sink.dead_letters, sink.lost, sink.skipped)
                ),
                str(sink.accepted),
            ]
            for sink in sinks
        ],
        "accepted": _accepted_rows(accepted, language),
    }
    return render("account", frame, language, content)


def _accepted_rows(accepted: AllAccepted, language: Language) -> list[list[str]]:
    """Return the newest acceptances: when, by whom, what, and the reason."""
    rows: list[tuple[int, str, str, str]] = [
        (loss.at_ns, loss.by, _lost_text(loss, language), loss.reason) for loss in accepted.losses
    ]
    for entries in accepted.entries:
        count = entries.lost + entries.skipped
        text = labels.ACCEPTED_ENTRIES.read(language, sink=entries.sink, entries=count)
        rows.append((entries.at_ns, entries.by, text, entries.reason))
    for flaw in accepted.flaws:
        text = labels.ACCEPTED_FLAW.read(
            language,
            site=flaw.site,
            stream=flaw.stream,
            number=flaw.number,
            text=in_language(flaw.sentence, language),
        )
        rows.append((flaw.at_ns, flaw.by, text, flaw.reason))
    newest = sorted(rows, key=lambda row: -row[0])[:_ACCEPTED_SHOWN]
    return [[moment(at_ns / 1e9), *texts] for at_ns, *texts in newest]


def _lost_text(loss: AcceptedLoss, language: Language) -> str:
    if loss.forgotten:
        return labels.DAMAGED_TABLE.read(language, table=loss.forgotten)
    if not loss.site and not loss.last:
        return labels.DAMAGED_JOURNAL.read(language)
    if not loss.site:
        return labels.DAMAGED_ENTRIES.read(language, first=loss.first, last=loss.last)
    text = labels.ACCEPTED_BATCH if loss.first == loss.last else labels.ACCEPTED_BATCHES
    return text.read(language, site=loss.site, stream=loss.stream, first=loss.first, last=loss.last)


def _day_text(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%d/%m/%Y")


def _elsewhere(fates: Mapping[BatchFate, int], language: Language) -> str:
    """Return the batches that are not stored, one line for each reason."""
    lines = [
        text.read(language, n=fates[fate]) for fate, text in labels.FATES.items() if fates.get(fate)
    ]
    return "\n".join(lines)


def _numbers(line: SinkLine) -> tuple[int, ...]:
    return (
        line.delivered,
        line.waiting,
        line.dead_letters,
        line.lost,
        line.skipped,
        line.accepted,
        line.earlier,
    )
