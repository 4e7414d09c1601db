"""What the event loop counts by itself is read like what ``prometheus_client`` counts."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from thongsuot_collector.loop_metrics import LoopCounter, LoopHistogram

BOUNDS = (0.001, 0.25, 1.0)


def lines(registry: CollectorRegistry) -> list[str]:
    """What a database reads, without when a metric was made."""
    return [
        line for line in generate_latest(registry).decode().split("\n") if "_created" not in line
    ]


def test_a_counter_and_a_histogram_look_as_those_of_the_library() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    results = LoopCounter("results", "Results")
    seconds = LoopHistogram("push_seconds", "Duration", BOUNDS)
    ours.register(results)
    ours.register(seconds)
    counter = Counter("results", "Results", registry=theirs)
    histogram = Histogram("push_seconds", "Duration", buckets=BOUNDS, registry=theirs)
    assert lines(ours) == lines(theirs)
    for amount in (3, 0, 480):
        results.inc(amount)
        counter.inc(amount)
    for value in (0.0, 0.001, 0.2, 0.25, 0.5, 7.0):
        seconds.observe(value)
        histogram.observe(value)
    assert lines(ours) == lines(theirs)
    assert ours.get_sample_value("push_seconds_bucket", {"le": "0.25"}) == 4
