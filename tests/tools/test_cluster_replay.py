"""
The reference of ``./run cluster``: what a single collector makes of a recorded journal, whatever
the processor's load; and which silences may differ.
"""

from pathlib import Path

from bench.cluster.city import replay_settings
from bench.cluster.comparison import ComparisonOutcome, Silence, outcome_of, read_incidents
from bench.cluster.load import AcknowledgedBatch
from bench.cluster.replay import RecordedJournal, Replay

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.correlation.consumer_world import EPOCH, INVENTORY
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry, StoredEntry
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FALLEN_S, BACK_S, ENDS_S = 20, 60, 120
EVERY_S = 10
LATE_S = 50


def recorded(*, is_late: bool = False) -> RecordedJournal:
    """
    Return the journal of two sites; the fibre of the first one falls and recovers.

    With ``is_late`` what the second one measures while it is down arrives together, after it.
    """
    arrived: list[tuple[int, JournalEntry]] = []
    layouts: dict[bytes, bytes] = {}
    for site in ("s0", "s1"):
        stream = digest_of(site.encode()).hex()[:16]
        boot_id = f"{stream[:8]}-0000-4000-8000-000000000000"
        agent = BatchSealer(site, stream=stream, boot_id=boot_id, epoch_ns=EPOCH - 1_000 * S)
        before = State.UNKNOWN
        for at_s in range(0, ENDS_S, EVERY_S):
            sealed_ns = (1_000 + at_s) * S
            is_down = site == "s0" and FALLEN_S <= at_s < BACK_S
            state = State.DOWN if is_down else State.UP
            changed = change(
                sealed_ns,
                state,
                before=before,
                segment=Segment.ACCESS if is_down else None,
                symptom=Symptom.ACCESS_SILENT if is_down else Symptom.NONE,
            )
            batch = agent.batch(
                sealed_ns,
                [icmp_result(sealed_ns - S)],
                changes=[] if before is state else [changed],
            )
            before = state
            body, layout = agent.sealed(batch)
            layout_id, _ = decode_layout(layout, LIMITS)
            layouts[layout_id] = layout
            is_kept_back = is_late and site == "s1" and FALLEN_S <= at_s < FALLEN_S + LATE_S
            received_s = FALLEN_S + LATE_S if is_kept_back else at_s
            entry = JournalEntry(
                site=site,
                stream=stream,
                number=batch.number,
                digest=digest_of(body),
                layout=layout_id,
                received_ns=EPOCH + received_s * S + S // 10,
                epoch_ns=agent.epoch_ns,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
            arrived.append((received_s, entry))
    arrived.sort(key=lambda arrival: arrival[0])
    return RecordedJournal(
        entries=[
            StoredEntry(sequence=place, entry=entry) for place, (_, entry) in enumerate(arrived, 1)
        ],
        layouts=layouts,
    )


def folder_of(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder


async def replayed(folder: Path, journal: RecordedJournal) -> tuple[Replay, ComparisonOutcome]:
    replay = Replay(folder, INVENTORY, journal, replay_settings())
    await replay.play(EPOCH + ENDS_S * S)
    return replay, outcome_of(replay.store, INVENTORY, replay.tickets)


async def test_a_replay_tells_of_the_fault_and_another_one_tells_the_same(tmp_path: Path) -> None:
    first, outcome = await replayed(folder_of(tmp_path, "first"), recorded())
    second, again = await replayed(folder_of(tmp_path, "second"), recorded())
    (incident,) = read_incidents(first.store)
    assert incident.key == "s0/fiber"
    opened, resolved = incident.notifications
    # By the clock of the record: held for three seconds, looked at five times a second.
    assert 3 * S <= opened.at_ns - (EPOCH + FALLEN_S * S) <= 4 * S
    assert resolved.at_ns - (EPOCH + BACK_S * S) <= 7 * S
    assert incident.acknowledgement is not None, "the clerk has begun to work on the ticket"
    (ticket,) = first.tickets
    assert ticket["status"] == "resolved"
    assert outcome == again
    assert not outcome.differences(again)
    for replay in (first, second):
        replay.store.dispose()


async def test_a_silence_that_the_record_disproves_is_told_apart(tmp_path: Path) -> None:
    prompt, outcome = await replayed(folder_of(tmp_path, "prompt"), recorded())
    late, with_silence = await replayed(folder_of(tmp_path, "late"), recorded(is_late=True))
    (silence,) = with_silence.silences.values()
    assert silence.site == "s1"
    assert not outcome.silences
    assert not with_silence.differences(outcome), "nothing else differs"
    for replay in (prompt, late):
        replay.store.dispose()


def test_a_silence_is_true_only_while_nothing_of_the_device_was_acknowledged() -> None:
    silence = Silence(site="s1", opened_s=1_060.0)
    before = AcknowledgedBatch(1, 1_010.0, 1_011.0)
    assert silence.was_true([before, AcknowledgedBatch(2, 1_050.0, 1_061.0)])
    assert not silence.was_true([before, AcknowledgedBatch(2, 1_020.0, 1_021.0)])
    assert silence.was_true([])
