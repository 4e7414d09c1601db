"""Terms: the contract's own words, and the regulation's where it has none."""

import pytest

from thongsuot_collector.sla.terms import FIXED, MOBILE_5G, AreaKind, terms_for_contract
from thongsuot_schema.inventory.contract_terms import AssessmentPeriod, Contract, Exclusion, Since
from thongsuot_schema.inventory.fields import Medium


def test_without_a_contract_a_fibre_is_held_to_qcvn_34() -> None:
    terms = terms_for_contract(None, Medium.FIBER, AreaKind.WARD)
    assert (terms.regulation, terms.availability_ratio) == (FIXED, 0.995)
    assert (terms.repair_s, terms.repair_ratio) == (36 * 3_600, 0.9)
    assert terms_for_contract(None, Medium.FIBER, AreaKind.COMMUNE).repair_s == 72 * 3_600
    assert terms.excludes == tuple(Exclusion)
    assert (terms.window, terms.downtime_since) == (AssessmentPeriod.MONTH, Since.DETECTED)


def test_without_a_known_commune_no_repair_time_applies() -> None:
    assert terms_for_contract(None, Medium.FIBER, AreaKind.UNKNOWN).repair_s is None


@pytest.mark.parametrize("medium", [Medium.RADIO_5G, Medium.RADIO_4G, Medium.LEASED])
def test_media_without_a_regulation_have_no_terms(medium: Medium) -> None:
    terms = terms_for_contract(None, medium, AreaKind.WARD)
    assert (terms.availability_ratio, terms.repair_s, terms.repair_ratio) == (None, None, None)


def test_a_contract_goes_before_the_regulation_key_by_key() -> None:
    contract = Contract(
        name="c",
        carrier="viettel",
        title="12/HĐ",
        availability_ratio=0.99,
        repair_commune_s=7_200.0,
        excludes=(Exclusion.POWER,),
    )
    terms = terms_for_contract(contract, Medium.RADIO_5G, AreaKind.COMMUNE)
    assert (terms.regulation, terms.title, terms.availability_ratio) == (MOBILE_5G, "12/HĐ", 0.99)
    assert (terms.repair_s, terms.repair_ratio) == (7_200.0, None)
    assert terms.excludes == (Exclusion.POWER,)
    fixed = terms_for_contract(contract, Medium.FIBER, AreaKind.WARD)
    assert (fixed.repair_s, fixed.repair_ratio) == (36 * 3_600, 0.9)
    # Hours that do not bind are not shown as if they did.
    assert fixed.office_hours == ()
