"""
The contract of a journal about what a trim takes from consumers that do not read in order: each
back-end's test module imports it.
"""

import os

from tests.collector.journal.journal_contract import Reopen, entry, everything
from tests.collector.journal.readers import readers
from thongsuot_collector.sinks.delivery.lanes import Gap, Lanes, SiteLane, encode_lanes


async def test_what_a_sink_has_sent_out_of_order_is_not_lost_to_it(reopen: Reopen) -> None:
    """A site that floods waits in a lane of its own, and the sink's cursor waits with it."""
    journal = await reopen()
    for number in range(1, 21):
        site = "floods" if number % 2 else "hoan-kiem"
        await journal.append(entry(number, site=site, body=os.urandom(50_000)))
    lanes = Lanes(live=18, sites=(SiteLane("floods", 4, 14, 5),), gaps=(Gap(14, 16),))
    unsent = {5, 7, 9, 11, 13, 15, 16, 19, 20}
    await journal.commit("sink", lanes.floor, encode_lanes(lanes), begun=0)
    lost = 0
    while (
        trimmed := await journal.trim(readers("sink"), received_before_ns=0, max_bytes=500_000)
    ).removed:
        lost += trimmed.lost.get("sink", 0)
    gone = set(range(1, 21)) - {kept.sequence for kept in await everything(journal)}
    assert len(gone & unsent) > 3
    assert len(gone - unsent) > 6
    assert lost == (await journal.cursor("sink")).lost == len(gone & unsent)
    tallies = (await journal.tallies(from_day=0))["sink"]
    assert {tally.site: tally.lost for tally in tallies} == {
        site: len([number for number in gone & unsent if number % 2 == odd])
        for site, odd in (("floods", 1), ("hoan-kiem", 0))
        if any(number % 2 == odd for number in gone & unsent)
    }
    await journal.close()
