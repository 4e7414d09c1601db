"""Part of the contract of a journal (``journal_contract``): the entries beside one in a stream."""

from tests.collector.journal.journal_contract import Reopen, entry
from thongsuot_collector.journal.journal import Journal, StreamNeighbours


async def test_entries_at_and_beside_a_number_are_found(
    reopen: Reopen,
) -> None:
    journal = await reopen()
    first = entry(1)
    site, stream = first.site, first.stream
    for number in (9, 2, 5):
        await journal.append(entry(number))
    await journal.append(entry(4, site="tay-ho"))
    await journal.append(entry(6, stream="another"))
    epochs = {number: (number, entry(number).epoch_ns) for number in (2, 5, 9)}
    await assert_neighbours(journal, site, stream, epochs)
    await assert_neighbours(await reopen(), site, stream, epochs)


async def assert_neighbours(
    journal: Journal, site: str, stream: str, epochs: dict[int, tuple[int, int]]
) -> None:
    for number, up_to, above in (
        (1, None, 2),
        (2, 2, 5),
        (4, 2, 5),
        (5, 5, 9),
        (9, 9, None),
        (10, 9, None),
    ):
        assert await journal.neighbours(site, stream, number) == StreamNeighbours(
            up_to=None if up_to is None else epochs[up_to],
            above=None if above is None else epochs[above],
        ), number
    assert await journal.neighbours(site, "unknown", 2) == StreamNeighbours()
