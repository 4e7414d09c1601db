from thongsuot_schema.throughput import ByteCounter, ThroughputReport, sum_bins


def test_bytes_are_counted_in_bins_of_the_clock() -> None:
    counter = ByteCounter()
    for at_s, size_bytes in ((10.05, 100), (10.09, 50), (10.31, 7)):
        counter.add(size_bytes, at_s)
    receipt = counter.receipt()
    assert (receipt.first, receipt.bins, receipt.received_bytes) == (100, (150, 0, 0, 7)[:4], 157)
    assert abs(receipt.took_s - 0.26) < 1e-9


def test_streams_to_one_receiver_add_up_by_moment() -> None:
    first = ThroughputReport(received_bytes=3, took_s=0.2, first=5, bins=(1, 2))
    other = ThroughputReport(received_bytes=30, took_s=0.2, first=6, bins=(10, 20))
    assert sum_bins([first, other]) == {5: 1, 6: 12, 7: 20}


def test_an_empty_receipt_has_no_bins() -> None:
    empty = ByteCounter().receipt()
    assert (empty.received_bytes, empty.bins) == (0, ())
    assert sum_bins([empty]) == {}
