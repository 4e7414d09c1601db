"""Witnesses: which links of a site fail by themselves, so that two of them are two witnesses."""

from thongsuot_schema.inventory.model import Link


def are_independent(one: Link, other: Link) -> bool:
    """
    Return whether two links have neither their carrier nor any named infrastructure in common.

    A core, a box, a duct or a pole that both depend on fails for both, so what both miss is seen
    once, not twice. Of a link without a carrier in the inventory nothing is known to be shared.
    """
    have_one_carrier = bool(one.carrier) and one.carrier == other.carrier
    return not have_one_carrier and set(one.shares).isdisjoint(other.shares)
