"""Hysteresis: when a suspicion is believed, and when it is over."""

from msgspec.structs import replace

from thongsuot_agent.judge.diagnosis import Suspicion
from thongsuot_agent.judge.hysteresis import advance, hysteresis_for, next_round_wait_ns
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.partial import DOMESTIC_SILENT, PARTIAL_OUTAGE
from thongsuot_agent.judge.symptoms.silence import ACCESS_SILENT, GATEWAY_SILENT, TRANSIT_SILENT

S = 1_000_000_000
SETTINGS = Settings()


def seen(fault: object = PARTIAL_OUTAGE, *, nats: float | None = 20.0, **more: bool) -> Suspicion:
    assert fault in {PARTIAL_OUTAGE, ACCESS_SILENT, GATEWAY_SILENT}
    return Suspicion(fault=fault, onset_ns=5 * S, nats=nats, **more)  # type: ignore[arg-type]


def round_at(slot: FaultSlot, at_s: float, suspicion: Suspicion | None) -> bool:
    return advance(slot, suspicion, round(at_s * S), SETTINGS, clear_ns=round(at_s * S))


def test_a_partial_silence_is_confirmed_in_the_second_round() -> None:
    slot = FaultSlot()
    assert not round_at(slot, 10, seen())
    assert next_round_wait_ns(slot, SETTINGS) == 2 * S
    assert round_at(slot, 12, seen())
    assert (slot.fault, slot.onset_ns) == (PARTIAL_OUTAGE, 5 * S)


def test_a_round_without_the_fault_restarts_its_confirmation() -> None:
    slot = FaultSlot()
    round_at(slot, 10, seen())
    round_at(slot, 12, None)
    assert not round_at(slot, 14, seen())


def test_a_failure_that_loss_would_explain_is_not_believed_however_often() -> None:
    slot = FaultSlot()
    assert not any(round_at(slot, at_s, seen(ACCESS_SILENT, nats=5.0)) for at_s in range(10, 60))


def test_a_suspicion_that_is_not_ripe_never_becomes_a_fault() -> None:
    slot = FaultSlot()
    assert not any(round_at(slot, at_s, seen(is_ripe=False)) for at_s in range(10, 60))


def test_a_fault_seen_by_only_one_protocol_needs_one_more_round() -> None:
    slot = FaultSlot()
    assert not round_at(slot, 10, seen(ACCESS_SILENT, is_sure=False))
    assert round_at(slot, 11, seen(ACCESS_SILENT, is_sure=False))
    assert round_at(FaultSlot(), 10, seen(ACCESS_SILENT))


def test_a_fault_is_over_after_clean_rounds_that_span_their_time() -> None:
    slot = FaultSlot()
    round_at(slot, 10, seen(ACCESS_SILENT))
    assert not round_at(slot, 20, None)
    assert not round_at(slot, 25, None)
    assert round_at(slot, 30, None)
    assert (slot.fault, slot.onset_ns) == (None, 20 * S)


def test_a_clean_round_that_counts_twice_shortens_the_rounds_and_not_their_time() -> None:
    slot = FaultSlot(fault=ACCESS_SILENT)
    assert not advance(slot, None, 0, SETTINGS, 0, clear_weight=2)
    assert not advance(slot, None, S // 2, SETTINGS, 0, clear_weight=2)
    assert advance(slot, None, S, SETTINGS, 0)
    slot = FaultSlot(fault=ACCESS_SILENT)
    assert not advance(slot, None, 0, SETTINGS, 0)
    assert advance(slot, None, S, SETTINGS, 0, clear_weight=2)
    slot = FaultSlot(fault=ACCESS_SILENT)
    assert not advance(slot, None, 0, SETTINGS, 0)
    assert not advance(slot, None, S, SETTINGS, 0)


def test_a_fault_seen_again_needs_its_clean_rounds_anew() -> None:
    slot = FaultSlot()
    round_at(slot, 10, seen(ACCESS_SILENT))
    round_at(slot, 20, None)
    round_at(slot, 25, seen(ACCESS_SILENT))
    assert not round_at(slot, 30, None)


def test_a_fault_moves_to_another_segment_after_one_round_more_than_a_new_fault_needs() -> None:
    slot = FaultSlot()
    round_at(slot, 10, seen(ACCESS_SILENT))
    assert not round_at(slot, 15, seen(GATEWAY_SILENT))
    assert not round_at(slot, 16, seen(GATEWAY_SILENT))
    assert slot.fault == ACCESS_SILENT
    assert round_at(slot, 17, seen(GATEWAY_SILENT))


def test_a_partial_outage_of_transit_is_confirmed_more_slowly_than_a_full_one() -> None:
    assert hysteresis_for(DOMESTIC_SILENT, SETTINGS) == SETTINGS.partial
    assert hysteresis_for(TRANSIT_SILENT, SETTINGS) == SETTINGS.gateway_silence


def test_the_next_round_comes_after_the_wait_that_the_pending_fault_sets() -> None:
    assert next_round_wait_ns(FaultSlot(), SETTINGS) is None
    assert next_round_wait_ns(FaultSlot(fault=ACCESS_SILENT), SETTINGS) is None
    begins = FaultSlot(is_pending=True, pending=DOMESTIC_SILENT)
    assert next_round_wait_ns(begins, SETTINGS) == SETTINGS.partial.every_s * S
    ends = FaultSlot(is_pending=True, fault=DOMESTIC_SILENT)
    clear = SETTINGS.partial
    assert (clear.clear_s, clear.clear_rounds) == (30.0, 4)
    assert next_round_wait_ns(ends, SETTINGS) == 10 * S, "four rounds span three waits"
    once = replace(SETTINGS, partial=replace(clear, clear_rounds=1))
    assert next_round_wait_ns(ends, once) == 30 * S
