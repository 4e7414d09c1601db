"""Which contract applies to a circuit, and the possible errors of contracts. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from thongsuot_schema.inventory.checks import Mistake
from thongsuot_schema.inventory.contract_terms import Contract, ServiceHours
from thongsuot_schema.inventory.model import Inventory, Link
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.toml_lines import Path

_HOURS = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
_DAY_MIN = 24 * 60
_LAST = "9999-12"


def contract_for_month(link: Link, month: str, contracts: Iterable[Contract]) -> Contract | None:
    """Return the contract that holds for a link in a month, ``None`` where none does."""
    held = [contract for contract in contracts if _applies(contract, link, month)]
    return max(held, key=_specificity, default=None)


def office_minutes(text: str) -> tuple[int, int]:
    """
    Return from when until when a stretch of office hours lasts, in minutes of the day.

    Raises:
        ValueError: it is not of the form "08:00-12:00", or ends before it begins.
    """
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(
            Localizable('"{text}" is not a range of hours, as in "08:00-12:00"', text=text)
        )
    begin_h, begin_min, end_h, end_min = map(int, match.groups())
    begin, end = begin_h * 60 + begin_min, end_h * 60 + end_min
    if end > _DAY_MIN:
        raise ValueError(Localizable('"{text}" ends after the day does ("24:00")', text=text))
    if end <= begin:
        raise ValueError(
            Localizable('"{text}" ends before it begins; write a night as two ranges', text=text)
        )
    return begin, end


def contract_mistakes(contract: Contract, path: Path) -> Iterator[Mistake]:
    """Yield the errors of a contract that do not depend on others."""
    first, last = contract.first_month, contract.last_month
    for key, month in (("first_month", first), ("last_month", last)):
        if month and not "01" <= month[-2:] <= "12":
            yield (
                (*path, key),
                Localizable('"{month}" is not a month, as in "2026-11"', month=month),
            )
    if first and last and last < first:
        yield (
            (*path, "last_month"),
            Localizable(
                'last_month "{last}" is before first_month "{first}"', last=last, first=first
            ),
        )
    yield from _hour_mistakes(contract, path)
    for at, text in enumerate(contract.holidays):
        try:
            date.fromisoformat(text)
        except ValueError:
            yield (
                (*path, "holidays", at),
                Localizable('"{text}" is not a day, as in "2026-09-02"', text=text),
            )
    if contract.clock is ServiceHours.OFFICE and not (
        contract.office_days and contract.office_hours
    ):
        yield (*path, "clock"), Localizable('clock "office" needs office_days and office_hours')


def contract_conflicts(part: Inventory, whole: Inventory) -> Iterator[Mistake]:
    """Yield the contracts of a part that hold for the same circuits as one before them."""
    for at, contract in enumerate(part.contracts):
        for other in whole.contracts:
            if other is contract:
                break
            shared = _shared_circuits(contract, other)
            if shared and other.name != contract.name:
                yield (
                    ("contracts", at),
                    (
                        Localizable(
                            'contracts "{other}" and "{contract}" both hold for {shared} in '
                            "the same months; limit one by media, circuits, first_month or "
                            "last_month",
                            other=other.name,
                            contract=contract.name,
                            shared=shared,
                        )
                    ),
                )


def _applies(contract: Contract, link: Link, month: str) -> bool:
    return (
        contract.carrier == link.carrier
        and (not contract.media or link.medium in contract.media)
        and (not contract.circuits or link.circuit in contract.circuits)
        and contract.first_month <= month <= (contract.last_month or _LAST)
    )


def _specificity(contract: Contract) -> tuple[bool, bool]:
    return bool(contract.circuits), bool(contract.media)


def _shared_circuits(contract: Contract, other: Contract) -> str:
    """Return what two contracts of the same rank both hold for; empty: nothing."""
    if contract.carrier != other.carrier or _specificity(contract) != _specificity(other):
        return ""
    if contract.first_month > (other.last_month or _LAST) or other.first_month > (
        contract.last_month or _LAST
    ):
        return ""
    media = set(contract.media) & set(other.media)
    circuits = set(contract.circuits) & set(other.circuits)
    if (contract.media and not media) or (contract.circuits and not circuits):
        return ""
    named = sorted(circuits) or sorted(media)
    return ", ".join(f'"{name}"' for name in named) or Localizable(
        'all circuits of "{carrier}"', carrier=contract.carrier
    )


def _hour_mistakes(contract: Contract, path: Path) -> Iterator[Mistake]:
    stretches: list[tuple[int, int]] = []
    for at, text in enumerate(contract.office_hours):
        try:
            stretches.append(office_minutes(text))
        except ValueError as error:
            yield (*path, "office_hours", at), sentence_of(error)
    for (_, end), (begin, _) in pairwise(sorted(stretches)):
        if begin < end:
            yield (*path, "office_hours"), Localizable("two ranges of office_hours overlap")
