"""
The contract of a journal: each back-end's test module imports these tests and gives ``reopen``.

``reopen`` is an async callable: the first call makes a new journal, each later call closes it and
opens the same one again, as after a restart.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

import pytest

from tests.collector.journal.readers import readers
from thongsuot_collector.journal.entry import AppendOutcome, ClockQuality, JournalEntry, StoredEntry
from thongsuot_collector.journal.journal import Cursor, Journal, Tally, day_of

Reopen = Callable[[], Awaitable[Journal]]
MAX = 1 << 62
DAY_NS = 86_400 * 10**9


def entry(
    number: int,
    *,
    site: str = "hoan-kiem",
    stream: str = "00112233445566aa",
    body: bytes | None = None,
    received_ns: int = 1_795_540_000_000_000_000,
    signature: bytes = b"",
) -> JournalEntry:
    """A small entry; its body follows from its number unless given."""
    body = f"body {number}".encode() if body is None else body
    return JournalEntry(
        site=site,
        stream=stream,
        number=number,
        digest=hashlib.sha256(body).digest()[:16],
        layout=b"L" * 16,
        received_ns=received_ns,
        epoch_ns=received_ns - number,
        clock=ClockQuality.TRUSTED,
        body=body,
        signature=signature,
    )


async def everything(journal: Journal, after: int = 0) -> list[StoredEntry]:
    return await journal.read(after, through=MAX, limit=10_000, size_bytes=MAX)


async def test_appended_entries_are_read_back_unchanged_in_order(reopen: Reopen) -> None:
    journal = await reopen()
    entries = [
        entry(1),
        entry(2, site="tay-ho", signature=b"\x01" * 88),
        entry(3, body=b"\x00\xff" * 5000),
        entry(2),
    ]
    for appended_entry in entries:
        appended = await journal.append(appended_entry)
        assert appended.outcome is AppendOutcome.APPENDED
    kept = await everything(journal)
    assert [kept_entry.entry for kept_entry in kept] == entries
    assert [kept_entry.sequence for kept_entry in kept] == sorted(
        {kept_entry.sequence for kept_entry in kept}
    )
    assert journal.head == kept[-1].sequence


async def test_appended_entries_survive_a_restart_and_sequences_continue(reopen: Reopen) -> None:
    journal = await reopen()
    first = await journal.append(entry(1))
    name = journal.name
    journal = await reopen()
    assert journal.name == name
    assert journal.head == first.sequence
    second = await journal.append(entry(2))
    assert second.sequence > first.sequence
    assert [kept_entry.entry.number for kept_entry in await everything(journal)] == [1, 2]


async def test_a_repeat_has_no_effect_and_reports_it(reopen: Reopen) -> None:
    journal = await reopen()
    await journal.append(entry(1))
    again = await journal.append(entry(1))
    assert again.outcome is AppendOutcome.REPEATED
    journal = await reopen()
    assert (await journal.append(entry(1))).outcome is AppendOutcome.REPEATED
    assert len(await everything(journal)) == 1


async def test_another_body_under_the_same_identity_never_replaces_the_first(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    await journal.append(entry(1, body=b"true"))
    forged = await journal.append(entry(1, body=b"forged"))
    assert forged.outcome is AppendOutcome.CONFLICT
    assert [kept_entry.entry.body for kept_entry in await everything(journal)] == [b"true"]


async def test_the_same_number_of_another_site_or_stream_is_another_batch(reopen: Reopen) -> None:
    journal = await reopen()
    for other in (entry(1), entry(1, site="ba-dinh"), entry(1, stream="ffffffffffffffff")):
        assert (await journal.append(other)).outcome is AppendOutcome.APPENDED
    assert len(await everything(journal)) == 3


async def test_many_appenders_at_once_lose_nothing(reopen: Reopen) -> None:
    journal = await reopen()
    appended = await asyncio.gather(
        *(journal.append(entry(n, site=f"site-{n % 7}")) for n in range(1, 1001)),
        *(journal.append(entry(n, site=f"site-{n % 7}")) for n in range(1, 1001)),
    )
    receptions = [outcome.outcome for outcome in appended]
    assert receptions.count(AppendOutcome.APPENDED) == 1000
    assert receptions.count(AppendOutcome.REPEATED) == 1000
    kept = await everything(journal)
    assert {kept_entry.entry.number for kept_entry in kept} == set(range(1, 1001))
    assert len(kept) == 1000


async def test_reading_is_bounded_by_count_by_size_and_by_where_to_stop(reopen: Reopen) -> None:
    journal = await reopen()
    for number in range(1, 11):
        await journal.append(entry(number, body=bytes([number]) * 1000))
    kept = await everything(journal)
    by_count = await journal.read(0, through=MAX, limit=3, size_bytes=MAX)
    assert by_count == kept[:3]
    by_size = await journal.read(0, through=MAX, limit=100, size_bytes=2500)
    assert by_size == kept[:3]
    at_least_one = await journal.read(0, through=MAX, limit=100, size_bytes=1)
    assert at_least_one == kept[:1]
    middle = await journal.read(kept[3].sequence, through=kept[6].sequence, limit=9, size_bytes=MAX)
    assert middle == kept[4:7]


async def test_one_site_is_read_alone_in_order(reopen: Reopen) -> None:
    journal = await reopen()
    for number in range(1, 9):
        await journal.append(entry(number, site="tay-ho" if number % 2 else "hoan-kiem"))
    kept = await everything(journal)
    of_site = [stored for stored in kept if stored.entry.site == "tay-ho"]
    alone = await journal.read(0, through=MAX, limit=3, size_bytes=MAX, site="tay-ho")
    assert alone == of_site[:3]
    rest = await journal.read(
        alone[-1].sequence, through=MAX, limit=10, size_bytes=MAX, site="tay-ho"
    )
    assert rest == of_site[3:]


async def test_a_waiting_reader_wakes_when_something_is_appended(reopen: Reopen) -> None:
    journal = await reopen()
    first = await journal.append(entry(1))
    assert await journal.wait(0) == first.sequence
    waiting = asyncio.create_task(journal.wait(first.sequence))
    second = await journal.append(entry(2))
    async with asyncio.timeout(60):
        assert await waiting == second.sequence


async def test_a_cursor_and_its_note_survive_a_restart(reopen: Reopen) -> None:
    journal = await reopen()
    assert (await journal.cursor("sink")).sequence == 0
    await journal.commit("sink", 41, b"note")
    await journal.commit("other", 7)
    journal = await reopen()
    cursor = await journal.cursor("sink")
    assert (cursor.sequence, cursor.note, cursor.lost) == (41, b"note", 0)
    assert (await journal.cursor("other")).sequence == 7


async def test_a_layout_is_found_again_and_repeating_it_is_harmless(reopen: Reopen) -> None:
    journal = await reopen()
    assert await journal.layout(b"A" * 16) is None
    await journal.put_layout(b"A" * 16, b"layout", received_ns=1)
    await journal.put_layout(b"A" * 16, b"layout", received_ns=2)
    journal = await reopen()
    assert await journal.layout(b"A" * 16) == b"layout"


async def test_trimming_takes_what_is_old_and_read_by_all(reopen: Reopen) -> None:
    journal = await reopen()
    for number in range(1, 11):
        await journal.append(entry(number, received_ns=number * 1000))
    kept = await everything(journal)
    await journal.commit("fast", kept[9].sequence)
    await journal.commit("slow", kept[3].sequence)
    trimmed = await journal.trim(readers("fast", "slow"), received_before_ns=8000, max_bytes=MAX)
    assert (trimmed.removed, trimmed.lost) == (4, {})
    await journal.commit("slow", kept[9].sequence)
    trimmed = await journal.trim(readers("fast", "slow"), received_before_ns=8000, max_bytes=MAX)
    assert trimmed.removed == 3
    assert [kept_entry.entry.number for kept_entry in await everything(journal)] == [8, 9, 10]
    extent = await journal.extent()
    assert (extent.tail, extent.tail_received_ns) == (kept[7].sequence, 8000)


async def test_a_removed_consumer_does_not_keep_the_journal_from_trimming(reopen: Reopen) -> None:
    journal = await reopen()
    await journal.append(entry(1, received_ns=1000))
    await journal.commit("gone", 0)
    trimmed = await journal.trim(readers(), received_before_ns=2000, max_bytes=MAX)
    assert trimmed.removed == 1


async def test_above_its_size_the_oldest_goes_and_who_lost_it_is_reported(reopen: Reopen) -> None:
    journal = await reopen()
    for number in range(1, 101):
        await journal.append(entry(number, body=bytes(20_000), received_ns=number))
    kept = await everything(journal)
    await journal.commit("fast", kept[-1].sequence)
    await journal.commit("slow", kept[9].sequence)
    trimmed = await journal.trim(readers("fast", "slow"), received_before_ns=0, max_bytes=1_500_000)
    left = await everything(journal)
    assert 10 < trimmed.removed < 60
    assert len(left) == 100 - trimmed.removed
    assert left == kept[trimmed.removed :]
    assert trimmed.lost == {"slow": trimmed.removed - 10}
    assert (await journal.cursor("slow")).lost == trimmed.removed - 10
    assert (await journal.cursor("slow")).sequence == kept[9].sequence
    assert (await journal.extent()).size_bytes <= 1_500_000


async def test_above_its_size_a_site_that_floods_goes_first_and_costs_no_other(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    quiet = ("ba-dinh", "hoan-kiem", "tay-ho")
    for number in range(1, 11):
        for site in quiet:
            await journal.append(entry(number, site=site, body=bytes(20_000)))
    for number in range(1, 101):
        await journal.append(entry(number, site="floods", body=bytes(20_000)))
    await journal.commit("fast", 130)
    await journal.commit("slow", 40)
    if_restarted = await reopen()
    trims = []
    while (
        trimmed := await if_restarted.trim(
            readers("fast", "slow"), received_before_ns=0, max_bytes=1_900_000
        )
    ).removed:
        trims.append(trimmed)
    assert {trimmed.site for trimmed in trims} == {"floods"}
    assert sum(trimmed.removed for trimmed in trims) < 60
    left = await everything(if_restarted)
    for site in quiet:
        numbers = [kept.entry.number for kept in left if kept.entry.site == site]
        assert numbers == list(range(1, 11))
    numbers = [kept.entry.number for kept in left if kept.entry.site == "floods"]
    assert numbers == list(range(101 - len(numbers), 101)), "its newest are there"
    # Ten of them the slow consumer had read.
    assert (await if_restarted.cursor("slow")).lost == 100 - len(numbers) - 10
    assert (await if_restarted.cursor("fast")).lost == 0
    again = await if_restarted.append(entry(1, site="floods", body=bytes(20_000)))
    assert again.outcome is AppendOutcome.REPEATED


async def test_above_its_size_the_journal_trims_sites_evenly_once_the_flood_is_gone(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    sites = ("ba-dinh", "hoan-kiem", "tay-ho")
    for number in range(1, 41):
        for site in sites:
            await journal.append(entry(number, site=site, body=bytes(20_000)))
    # The flood of one is cut to what the largest of others may hold; then all give alike.
    for number in range(41, 161):
        await journal.append(entry(number, site="tay-ho", body=bytes(20_000)))
    while (await journal.trim(readers(), received_before_ns=0, max_bytes=2_000_000)).removed:
        pass
    left = await everything(journal)
    held = {site: sum(kept.entry.site == site for kept in left) for site in sites}
    assert held["ba-dinh"] == pytest.approx(held["hoan-kiem"], abs=1)
    assert 0 < held["ba-dinh"] < 40
    # As much as went since it was looked who holds the most: a part of the size.
    assert held["tay-ho"] <= 3 * held["ba-dinh"] + 12


async def test_a_repeat_is_recognised_after_it_was_trimmed(reopen: Reopen) -> None:
    journal = await reopen()
    for number in (1, 2, 3, 5):
        await journal.append(entry(number, received_ns=1000))
    while (await journal.trim(readers(), received_before_ns=2000, max_bytes=MAX)).removed:
        pass
    journal = await reopen()
    assert await everything(journal) == []
    for number in (1, 2, 3, 5):
        assert (await journal.append(entry(number))).outcome is AppendOutcome.REPEATED
    late = await journal.append(entry(4))
    assert late.outcome is AppendOutcome.APPENDED
    assert late.sequence > 4
    assert (await journal.append(entry(6))).outcome is AppendOutcome.APPENDED


@pytest.mark.parametrize("in_use", [True, False])
async def test_a_layout_is_trimmed_when_nothing_can_refer_to_it(
    reopen: Reopen, in_use: bool
) -> None:
    day_ns = 86_400 * 10**9
    journal = await reopen()
    await journal.put_layout(b"A" * 16, b"layout", received_ns=10 * day_ns)
    if in_use:
        await journal.append(entry(1, received_ns=11 * day_ns))
    await journal.commit("slow", 0)
    await journal.trim(readers("slow"), received_before_ns=20 * day_ns, max_bytes=MAX)
    assert (await journal.layout(b"A" * 16) is not None) is in_use


async def test_a_consumers_work_is_counted_with_its_cursor_by_day_and_site(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    day, earlier = Tally(day=20_000, site="tay-ho", delivered=3), 19_999
    other = Tally(day=earlier, site="ba-dinh", delivered=1, dead_letters=2)
    await journal.commit("sink", 6, begun=2, tallies=[day, other])
    await journal.commit("sink", 9, begun=7, tallies=[day])
    await journal.commit("plain", 4)
    journal = await reopen()
    cursor = await journal.cursor("sink")
    assert (cursor.begun, cursor.delivered, cursor.dead_letters) == (2, 7, 2)
    assert await journal.cursors() == {"plain": Cursor(sequence=4), "sink": cursor}
    by_consumer = await journal.tallies(from_day=0)
    assert by_consumer == {"sink": [other, Tally(day=20_000, site="tay-ho", delivered=6)]}
    assert await journal.tallies(from_day=20_000, site="ba-dinh") == {}


async def test_an_entry_from_a_clock_years_ahead_ends_no_other_days_counts(reopen: Reopen) -> None:
    journal = await reopen()
    today = day_of(entry(1).received_ns)
    tallies = [Tally(day=day, site="tay-ho", delivered=1) for day in (today, today + 6_000)]
    await journal.append(entry(1, received_ns=today * DAY_NS))
    await journal.append(entry(2, received_ns=(today + 6_000) * DAY_NS))
    await journal.commit("sink", 2, begun=0, tallies=tallies)
    before_ns = (today + 1) * DAY_NS
    trimmed = await journal.trim(readers("sink"), received_before_ns=before_ns, max_bytes=MAX)
    assert trimmed.removed == 1
    assert await journal.tallies(from_day=0) == {"sink": tallies}


async def test_a_dead_letter_that_was_delivered_after_all_is_counted_once(reopen: Reopen) -> None:
    journal = await reopen()
    await journal.append(entry(1, site="tay-ho"))
    (kept,) = await everything(journal)
    day = day_of(kept.entry.received_ns)
    await journal.commit(
        "sink", 1, begun=0, tallies=[Tally(day=day, site="tay-ho", dead_letters=1)]
    )
    for _ in range(2):
        await journal.commit_retried("sink", kept)
    journal = await reopen()
    await journal.commit_retried("sink", kept)
    assert await journal.tallies(from_day=0) == {
        "sink": [Tally(day=day, site="tay-ho", delivered=1, dead_letters=0)]
    }


async def test_the_numbers_that_were_ever_kept_are_known_also_of_what_was_trimmed(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    for number in (1, 2, 3, 5, 6, 9):
        await journal.append(entry(number, received_ns=number))
    await journal.append(entry(7, site="tay-ho", received_ns=100))
    await journal.commit("slow", 2)
    trimmed = await journal.trim(readers(), received_before_ns=6, max_bytes=MAX)
    assert trimmed.removed == 4
    assert await journal.kept() == {
        ("hoan-kiem", "00112233445566aa"): ((1, 3), (5, 6), (9, 9)),
        ("tay-ho", "00112233445566aa"): ((7, 7),),
    }


async def test_entries_that_a_trim_takes_from_a_consumer_are_counted_by_their_day(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    for number in range(1, 5):
        await journal.append(entry(number, body=bytes(50_000), site="tay-ho"))
    kept = await everything(journal)
    await journal.commit("slow", kept[0].sequence, begun=0)
    trimmed = await journal.trim(readers("slow"), received_before_ns=0, max_bytes=1)
    assert trimmed.removed == 4
    day = day_of(kept[0].entry.received_ns)
    lost = await journal.tallies(from_day=0)
    assert lost == {"slow": [Tally(day=day, site="tay-ho", lost=3)]}
    await journal.commit("sink", 4, tallies=[Tally(day=day, site="tay-ho", delivered=1)])
    assert await journal.tallies(from_day=0, lost_only=True) == lost
    extent = await journal.extent()
    assert (extent.head, extent.tail, extent.tail_received_ns) == (kept[-1].sequence, 0, 0)
