"""Periodic work: trimming the journal, saving what was learned, and measuring."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.collector.journal.journal_contract import entry
from tests.collector.running import eventually
from tests.postgres import PostgresServer
from thongsuot_collector.app.components import Components, open_components
from thongsuot_collector.app.housekeeping import Housekeeping
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.store import boots
from thongsuot_schema.inventory.model import Inventory

DAY_NS = 86_400 * 10**9


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Components]:
    text = (
        f'state_dir = "{tmp_path}"\n[journal]\nretention_s = 86400\nmax_bytes = 1000000\n'
        '[[sinks]]\nkind = "remote_write"\nname = "database"\nurl = "http://127.0.0.1:9/write"\n'
    )
    configuration = parse_configuration(text, file="test.toml", folder=tmp_path)
    async with open_components(configuration, InventoryDirectory(Inventory())) as opened:
        yield opened


async def filled(made: Components, *ages_days: float, ahead_days: float = 0) -> None:
    """Fill the journal with entries of some ages, read by everyone."""
    now_ns = time.time_ns() + int(ahead_days * DAY_NS)
    for number, age_days in enumerate(ages_days, start=1):
        received_ns = now_ns - int(age_days * DAY_NS)
        await made.journal.append(entry(number, received_ns=received_ns))
    for consumer in ("state", "incidents", "database"):
        await made.journal.commit(consumer, len(ages_days))


def keeping(
    made: Components, clock: "Hours", *, free_bytes: Callable[[], int] | None = None
) -> Housekeeping:
    """Return a housekeeping of one day's retention on a clock that the test turns."""
    housekeeping = Housekeeping(
        made.configuration.settings,
        journal=made.journal,
        store=made.store,
        clocks=made.clocks,
        states=made.states,
        consumers=dict.fromkeys(("state", "incidents", "database"), made.states),
        metrics=made.metrics,
        clock=clock,
    )
    if free_bytes is not None:
        housekeeping.keep_room(free_bytes)
    return housekeeping


@pytest.mark.servers
async def test_a_journal_that_is_on_one_machine_again_is_reported(
    own_postgres: PostgresServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_postgres.start()
    text = f'state_dir = "{tmp_path}"\n[journal]\nurl = "{own_postgres.new_database()}"\n'
    configuration = parse_configuration(text, file="test.toml", folder=tmp_path)
    async with open_components(configuration, InventoryDirectory(Inventory())) as made:
        housekeeping = keeping(made, Hours())

        async def shows(waits: bool) -> bool:
            await housekeeping.measure_journal()
            gauge = "thongsuot_collector_journal_waits_for_standby"
            return made.metrics.registry.get_sample_value(gauge) == waits

        assert await shows(waits=False)
        own_postgres.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        own_postgres.execute("SELECT pg_reload_conf()")
        await eventually(lambda: shows(waits=True))
        assert "is on one machine" not in caplog.text
        own_postgres.execute("ALTER SYSTEM RESET synchronous_standby_names")
        own_postgres.execute("SELECT pg_reload_conf()")
        await eventually(lambda: shows(waits=False))
        assert caplog.text.count("is on one machine") == 1


class Hours:
    """A monotonic clock that stands at some hours."""

    def __init__(self) -> None:
        self.hours = 0.0

    def __call__(self) -> float:
        return self.hours * 3600


async def test_old_entries_that_every_consumer_has_are_trimmed_and_the_range_is_logged(
    made: Components, caplog: pytest.LogCaptureFixture
) -> None:
    await filled(made, 1.9, 1.7, 1.5, 0)
    await made.journal.commit("database", 2)
    clock = Hours()
    housekeeping = keeping(made, clock)
    clock.hours = 1
    with caplog.at_level(logging.INFO):
        await housekeeping.trim()
    extent = await made.journal.extent()
    # The third is old enough, but the sink has not sent it yet.
    assert (extent.tail, extent.head) == (3, 4)
    assert "journal trimmed: 2 entries, sequences 1 to 2" in caplog.text


async def test_a_start_trims_nothing_and_each_hour_a_day_at_most(made: Components) -> None:
    await filled(made, 9.5, 8.5, 7.5, 6.5, 0)
    clock = Hours()
    housekeeping = keeping(made, clock)
    await housekeeping.trim()
    assert (await made.journal.extent()).tail == 1
    for hours, tail in ((1, 2), (1.5, 2), (2, 3), (3, 4)):
        clock.hours = hours
        await housekeeping.trim()
        assert (await made.journal.extent()).tail == tail


@pytest.mark.parametrize(("free_bytes", "tail"), [(1 << 30, 1), (0, 3)])
async def test_a_disk_that_is_nearly_full_shortens_the_record_by_what_everyone_has(
    made: Components, caplog: pytest.LogCaptureFixture, free_bytes: int, tail: int
) -> None:
    await filled(made, 0.5, 0.4, 0.3, 0.2, 0.1, 0)
    # The third, and so all that came after it, a sink has not sent yet.
    await made.journal.commit("database", 2)
    clock = Hours()
    housekeeping = keeping(made, clock, free_bytes=lambda: free_bytes)
    for clock.hours in range(1, 40):
        await housekeeping.trim()
    extent = await made.journal.extent()
    assert (extent.tail, extent.head) == (tail, 6)
    assert ("nearly full" in caplog.text) is (tail > 1)


async def test_the_limit_that_is_shown_is_that_of_the_disk_where_it_is_less(
    made: Components,
) -> None:
    await filled(made, 0)
    await keeping(made, Hours(), free_bytes=lambda: 5_000).measure_journal()
    value = made.metrics.registry.get_sample_value
    limit = value("thongsuot_collector_journal_limit_bytes")
    extent = await made.journal.extent()
    assert limit == extent.size_bytes + extent.unused_bytes + 5_000


async def test_a_clock_that_runs_ahead_costs_no_entry(made: Components) -> None:
    # What it is measured by is the newest entry: the machine's clock is ahead of that by 40 days.
    await filled(made, 0.8, 0.5, 0.1, 0, ahead_days=-40)
    clock = Hours()
    housekeeping = keeping(made, clock)
    for clock.hours in range(1, 100):
        await housekeeping.trim()
    assert (await made.journal.extent()).tail == 1


async def test_entries_dated_by_a_clock_that_was_ahead_cost_no_others(made: Components) -> None:
    await filled(made, 0.8, 0.5, 0.1)
    ahead_ns = time.time_ns() + 40 * DAY_NS
    await made.journal.append(entry(9, received_ns=ahead_ns))
    clock = Hours()
    housekeeping = keeping(made, clock)
    for clock.hours in range(1, 100):
        await housekeeping.trim()
    assert (await made.journal.extent()).tail == 1


async def test_a_journal_over_its_size_drops_the_oldest_and_says_who_had_not_read_it(
    made: Components, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 101):
        await made.journal.append(entry(number, body=bytes(20_000), received_ns=time.time_ns()))
    for consumer in ("state", "incidents"):
        await made.journal.commit(consumer, 100)
    with caplog.at_level(logging.ERROR):
        await made.housekeeping.trim()
    extent = await made.journal.extent()
    assert extent.size_bytes <= 1_000_000
    assert f"{extent.tail - 1} entries removed that consumer=database had not read" in caplog.text
    await made.housekeeping.measure_journal()
    value = made.metrics.registry.get_sample_value
    assert value("thongsuot_collector_consumer_lost_entries", {"consumer": "database"}) == (
        extent.tail - 1
    )
    assert value("thongsuot_collector_journal_bytes") == extent.size_bytes
    assert value("thongsuot_collector_journal_entries") == 101 - extent.tail


async def test_learned_boot_times_are_stored_for_the_next_process(made: Components) -> None:
    made.clocks.observe_push("hoan-kiem", "boot", boottime_ns=100, received_ns=time.time_ns())
    await made.housekeeping.save_boots()
    (kept,) = boots.all_known(made.store)
    assert (kept.site, kept.boot_id) == ("hoan-kiem", "boot")
    assert kept.epoch_ns == kept.heard_ns - 100


async def test_the_lag_of_each_consumer_is_measured(
    made: Components,
) -> None:
    for number in range(1, 4):
        await made.journal.append(entry(number))
    made.housekeeping.measure()
    value = made.metrics.registry.get_sample_value
    for consumer in ("state", "incidents", "database"):
        assert value("thongsuot_collector_consumer_lag_entries", {"consumer": consumer}) == 3
    assert value("thongsuot_collector_sites", {"heard": "yes"}) == 0


async def test_the_end_of_the_collectors_certificate_is_measured(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    end = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    issued = trustme.CA().issue_cert("collector.example", not_after=end)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    text = (
        f'state_dir = "{tmp_path}"\n'
        f'[listen]\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n'
    )
    configuration = parse_configuration(text, file="test.toml", folder=tmp_path)
    async with open_components(configuration, InventoryDirectory(Inventory())) as opened:
        await opened.housekeeping.measure_certificate()
        value = opened.metrics.registry.get_sample_value
        name = "thongsuot_collector_certificate_expiry_timestamp_seconds"
        assert value(name, {"file": "cert.pem"}) == end.timestamp()
        # A renewal that went wrong is told, and what was known stays.
        certificate.write_text("")
        await opened.housekeeping.measure_certificate()
        assert "no certificate in PEM form" in caplog.text
        assert value(name, {"file": "cert.pem"}) == end.timestamp()


async def test_versions_of_agents_are_counted_and_one_that_is_gone_is_gone(
    made: Components,
) -> None:
    value = made.metrics.registry.get_sample_value
    made.states._sites["a"] = SiteState(version="1.0")
    made.states._sites["b"] = SiteState()
    made.housekeeping.measure()
    assert value("thongsuot_collector_agents", {"version": "1.0"}) == 1
    assert value("thongsuot_collector_agents", {"version": "unknown"}) == 1
    made.states._sites["a"].version = "1.1"
    made.housekeeping.measure()
    assert value("thongsuot_collector_agents", {"version": "1.1"}) == 1
    assert value("thongsuot_collector_agents", {"version": "1.0"}) is None


async def test_a_site_that_floods_is_named_with_the_range_that_it_lost(
    made: Components, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 6):
        for site in ("ba-dinh", "hoan-kiem", "tay-ho"):
            await made.journal.append(entry(number, site=site, body=bytes(20_000)))
    for number in range(1, 61):
        await made.journal.append(entry(number, site="floods", body=bytes(20_000)))
    with caplog.at_level(logging.WARNING):
        await made.housekeeping.trim()
    extent = await made.journal.extent()
    assert extent.tail == 1, "the oldest of the others are there"
    assert extent.size_bytes <= 1_000_000
    assert "entries of site=floods removed, within sequences 16 to " in caplog.text
