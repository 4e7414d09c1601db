"""
Part of the contract of a journal (``journal_contract``): positions beside a copy that was put back.
"""

import pytest

from tests.collector.journal.journal_contract import Reopen, entry
from thongsuot_collector.journal.generations import position_at, position_in
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.store.sites import Position


async def test_a_position_stays_what_it_is_over_restarts(reopen: Reopen) -> None:
    journal = await reopen()
    assert (journal.generation, await journal.generations()) == ("", [])
    await journal.begin_generation()
    for number in (1, 2, 3):
        await journal.append(entry(number))
    position = position_at(journal, 3)
    for _ in range(2):
        journal = await reopen()
        await journal.begin_generation()
        await journal.append(entry(journal.head + 1))
        assert await continues_after(journal, position) == 3
    known = await journal.generations()
    assert [generation.head for generation in known] == [0, 3, 4]
    assert len({generation.id for generation in known}) == 3
    assert journal.generation == known[-1].id


async def test_only_entries_up_to_the_next_generation_are_those_that_were_read(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    await journal.begin_generation()
    await journal.append(entry(1))
    # A copy of it is as far as this, while the lost journal went on to 4.
    lost = position_at(journal, 4)
    journal = await reopen()
    await journal.begin_generation()
    for number in range(11, 16):
        await journal.append(entry(number))
    assert await continues_after(journal, lost) == 1


async def test_nothing_is_known_of_a_generation_that_a_journal_does_not_have(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    await journal.begin_generation()
    for number in (1, 2, 3):
        await journal.append(entry(number))
    other = Position(journal=journal.name, sequence=2, generation="0123456789abcdef")
    assert await continues_after(journal, other) == 0
    earlier = Position(journal=journal.name, sequence=2)
    assert await continues_after(journal, earlier) == 2
    assert await continues_after(journal, Position(journal="other", sequence=2)) == 0


async def test_an_administrator_is_told_of_read_entries_that_are_gone_and_of_nothing_else(
    reopen: Reopen, caplog: pytest.LogCaptureFixture
) -> None:
    journal = await reopen()
    await journal.begin_generation()
    await journal.append(entry(1))
    whole, lost = position_at(journal, 1), position_at(journal, 4)
    assert await continues_after(journal, whole) == 1
    assert await continues_after(journal, Position(journal="other", sequence=2)) == 0
    assert caplog.messages == []
    assert await continues_after(journal, lost) == 1
    (told,) = caplog.messages
    assert "incidents had read up to 4, and only entries up to 1 are the same" in told


async def continues_after(journal: Journal, position: Position) -> int:
    return await position_in(journal, position, consumer="incidents")
