"""Terms: the targets of one circuit in one month, from its contract and from the regulation."""

from enum import StrEnum

import msgspec

from thongsuot_schema.inventory.contract_terms import (
    LEAST_COVERAGE_RATIO,
    AssessmentPeriod,
    Contract,
    Day,
    Exclusion,
    ServiceHours,
    Since,
)
from thongsuot_schema.inventory.fields import Medium

FIXED = "QCVN 34:2022/BTTTT"
MOBILE_5G = "QCVN 126:2021/BTTTT"
MOBILE_4G = "QCVN 81:2019/BTTTT"

HOUR_S = 3_600.0


class AreaKind(StrEnum):
    """The area of a circuit's end; repairs may take longer outside the town."""

    WARD = "ward"
    COMMUNE = "commune"
    UNKNOWN = "unknown"


class Regulation(msgspec.Struct, frozen=True, kw_only=True):
    """
    The requirements of a national regulation; ``None``: not regulated.

    Sources: the limits named in ``inventory.contract_terms.Contract`` and the reference.
    """

    name: str
    availability_ratio: float | None = None
    repair_s: dict[AreaKind, float] = {}
    repair_ratio: float | None = None


_FIXED = Regulation(
    name=FIXED,
    # QCVN 34:2019, the indicator is kept in 2022.
    availability_ratio=0.995,
    # QCVN 34:2014; the figures of the later editions were not readable.
    repair_s={AreaKind.WARD: 36 * HOUR_S, AreaKind.COMMUNE: 72 * HOUR_S},
    repair_ratio=0.9,
)

REGULATIONS: dict[Medium, Regulation] = {
    Medium.FIBER: _FIXED,
    Medium.CABLE: _FIXED,
    Medium.DSL: _FIXED,
    Medium.ETHERNET: _FIXED,
    # These require rates and coverage; they promise no availability to one subscriber.
    Medium.RADIO_5G: Regulation(name=MOBILE_5G),
    Medium.RADIO_4G: Regulation(name=MOBILE_4G),
    # A leased line is outside their scope.
    Medium.LEASED: Regulation(name=""),
}


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """
    The terms of a circuit. ``None``: nothing was promised, so nothing is assessed.

    ``contract`` is the contract's name, empty without one; ``title`` its display name.
    """

    contract: str
    title: str
    regulation: str
    area: AreaKind
    availability_ratio: float | None
    repair_s: float | None
    repair_ratio: float | None
    coverage_ratio: float = LEAST_COVERAGE_RATIO
    window: AssessmentPeriod = AssessmentPeriod.MONTH
    downtime_since: Since = Since.DETECTED
    repair_since: Since = Since.NOTIFIED
    clock: ServiceHours = ServiceHours.ALWAYS
    office_days: tuple[Day, ...] = ()
    office_hours: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    excludes: tuple[Exclusion, ...] = tuple(Exclusion)


def terms_for_contract(contract: Contract | None, medium: Medium, area: AreaKind) -> Terms:
    """Return the terms in force: those of the contract, else of the regulation."""
    regulation = REGULATIONS[medium]
    repair_s = regulation.repair_s.get(area)
    if contract is None:
        return Terms(
            contract="",
            title="",
            regulation=regulation.name,
            area=area,
            availability_ratio=regulation.availability_ratio,
            repair_s=repair_s,
            repair_ratio=regulation.repair_ratio,
        )
    own_s = {
        AreaKind.WARD: contract.repair_ward_s,
        AreaKind.COMMUNE: contract.repair_commune_s,
    }.get(area)
    is_office = contract.clock is ServiceHours.OFFICE
    return Terms(
        contract=contract.name,
        title=contract.title or contract.name,
        regulation=regulation.name,
        area=area,
        availability_ratio=_first(contract.availability_ratio, regulation.availability_ratio),
        repair_s=_first(own_s, repair_s),
        repair_ratio=_first(contract.repair_ratio, regulation.repair_ratio),
        coverage_ratio=contract.coverage_ratio,
        window=contract.window,
        downtime_since=contract.downtime_since,
        repair_since=contract.repair_since,
        clock=contract.clock,
        office_days=contract.office_days if is_office else (),
        office_hours=tuple(sorted(contract.office_hours)) if is_office else (),
        holidays=tuple(sorted(contract.holidays)) if is_office else (),
        excludes=tuple(exclusion for exclusion in Exclusion if exclusion in contract.excludes),
    )


def _first(own: float | None, other: float | None) -> float | None:
    return other if own is None else own
