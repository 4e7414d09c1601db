"""The comparison with other tools: who was told rightly, by what arrived; the table in its page."""

from pathlib import Path

import msgspec
import pytest
from bench.compare import table
from bench.compare.contract import Message, PeerPlace, StoredRuns, all_kinds
from bench.compare.faults import FAULTS
from bench.compare.observations import CentreOutage, ComparisonRun, PeerObservations, ToldOf
from bench.compare.peers.prometheus import alertmanager_config
from bench.compare.run import PlayedPeer, comparison_topology, is_done, told_of
from bench.reference.config import AGGRESSIVE, RECOMMENDED

from thongsuot_lab.lab import Lab
from thongsuot_schema.segment import Party

CUT = next(fault for fault in FAULTS if fault.name == "cut-fibre")
BROKEN_NS, HEALED_NS = 1_000_000_000_000, 1_150_000_000_000


class SilentPeer:
    """A tool that does nothing: its messages are given."""

    def start(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> list[Message]:
        """Return nothing."""
        del party, body, boottime_ns
        return []

    def is_calm(self) -> bool:
        """Return that all is well."""
        return True

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return that nothing is kept."""
        del since_s, until_s
        return StoredRuns(on_device=0, in_centre=None)


def message(after_s: float, party: Party, *, thread: str = "a", is_over: bool = False) -> Message:
    """Return a message that arrived so long after the fault began."""
    return Message(
        boottime_ns=BROKEN_NS + round(after_s * 1e9),
        party=party,
        thread=thread,
        subject=f"check {thread}",
        is_over=is_over,
    )


def played(*messages: Message) -> PlayedPeer:
    """Return a tool from which these have come."""
    place = PeerPlace(lab=Lab(comparison_topology(["s1"])), site="s1", folder=Path(), hook="")
    place.messages.extend(messages)
    seen = PeerObservations(name="other", settings="", version="1")
    return PlayedPeer(all_kinds()[0], place, SilentPeer(), seen)


def told(*messages: Message) -> ToldOf:
    """Return what is made of these for a cut fibre."""
    return told_of(played(*messages), CUT, BROKEN_NS, HEALED_NS)


def test_the_first_message_to_the_responsible_party_counts_and_others_are_counted_apart() -> None:
    seen = told(
        message(-30, Party.CARRIER),
        message(4, Party.COMMUNE),
        message(6, Party.CARRIER),
        message(7, Party.CARRIER, thread="b"),
        message(160, Party.CARRIER, is_over=True),
    )
    assert (seen.right_s, seen.first_s, seen.messages) == (6.0, 4.0, 3)
    assert (seen.to_others, seen.other_parties, seen.is_over_told) == (1, (Party.COMMUNE,), True)


def test_notifications_after_the_end_were_not_in_time() -> None:
    seen = told(message(170, Party.CARRIER))
    assert (seen.right_s, seen.late_s, seen.first_s) == (None, 170.0, None)


def test_a_tool_is_done_when_it_has_told_the_end_of_all_that_it_told() -> None:
    first = message(5, Party.CARRIER)
    assert not is_done(played(first))
    assert not is_done(played(first, message(9, Party.CITY, is_over=True)))
    assert is_done(played(first, message(9, Party.CARRIER, is_over=True)))


def test_each_site_has_the_same_carrier_on_its_first_line_and_a_metered_second_one() -> None:
    topology = comparison_topology(["s1", "s2"])
    lines = [[(up.carrier, up.allowance_bytes) for up in site.uplinks] for site in topology.sites]
    assert len(lines) == 3
    assert all(site == [("song-hong", None), ("cuu-long", 1_000_000_000)] for site in lines)


def test_only_the_aggressive_settings_hold_back_what_lies_beyond_a_failure() -> None:
    assert "inhibit_rules" not in alertmanager_config(RECOMMENDED, "http://centre/s1/")
    rules = alertmanager_config(AGGRESSIVE, "http://centre/s1/")["inhibit_rules"]
    assert isinstance(rules, list)
    assert rules[0]["source_matchers"] == ['segment="lan"']
    assert rules[0]["target_matchers"] == ['segment=~"access|carrier|transit|service"']


def test_every_tool_has_a_name_of_its_own_and_ours_is_first() -> None:
    names = [kind.name for kind in all_kinds()]
    assert names[0] == "Thông Suốt"
    assert len(set(names)) == len(names)


def run_with(*peers: PeerObservations) -> ComparisonRun:
    """Return a run of these."""
    return ComparisonRun(
        date="2026-11-30",
        machine="2 cores",
        hold_s=150,
        window_s=300,
        outage_s=180,
        peers=list(peers),
    )


def test_the_table_says_who_was_notified_and_names_what_was_not_played() -> None:
    fast = PeerObservations(
        name="fast",
        settings="all of it",
        version="1",
        bytes_per_s={"fixed": 100.0, "mobile": 10.0},
        told={
            CUT.title: ToldOf(
                right_s=2.5, late_s=None, first_s=2.5, messages=1, to_others=0, is_over_told=True
            )
        },
        outage=CentreOutage(on_device=50, in_centre=49, told_s=3.0),
    )
    absent = PeerObservations(name="absent", settings="x", version="", missing="npm")
    text = "\n".join(table.table_lines(run_with(fast, absent)))
    assert "| **the fibre is cut** (whose: carrier) | **2.5 s**; 1 message |" in text
    assert "| 49 of 50 in the centre |" in text
    assert "| the metered line, a month | 26 MB |" in text
    assert "- **absent** (not installed): x; **not played**: npm." in text


def test_the_page_has_the_markers_and_only_what_stands_between_them_is_replaced(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text(table.PAGE.read_text("utf-8"), encoding="utf-8")
    before = page.read_text("utf-8").partition(table.BEGIN)[0]
    table.put_into_page(run_with(), page)
    once = page.read_text("utf-8")
    table.put_into_page(run_with(), page)
    assert page.read_text("utf-8") == once
    assert once.startswith(before)
    page.write_text("no markers", encoding="utf-8")
    with pytest.raises(ValueError, match="no <!-- compare"):
        table.put_into_page(run_with(), page)


def test_a_run_is_read_back_as_it_was_kept() -> None:
    kept = msgspec.json.encode(run_with())
    assert msgspec.json.decode(kept, type=ComparisonRun) == run_with()
