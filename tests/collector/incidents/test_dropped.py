"""What the registry drops from memory is on the disk, even if the disk failed until then."""

from tests.collector.incidents.test_registry import closed, empty_book, fault, incident


def test_what_was_dropped_before_it_could_be_written_is_written_all_the_same() -> None:
    """The store may have refused to write for longer than memory keeps a closed incident."""
    book = empty_book()
    book.put_fault(fault("f0", is_over=True))
    book.put_incident(incident("a", "f0"))
    drained = book.drain_changes()
    over = closed(book.incidents["a"])
    book.put_incident(over)
    book.purge(over)
    # What could not be written is older than what was dropped.
    book.requeue_changes(*drained[:2])
    incidents, faults, _ = book.drain_changes()
    assert (incidents, [held.id for held in faults]) == ([over], ["f0"])
    assert book.drain_changes() == ([], [], set())
    book.requeue_changes(incidents, faults)
    assert book.drain_changes()[0] == [over], "dropped, and again not written"
