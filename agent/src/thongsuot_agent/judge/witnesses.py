"""Witnesses: which links of a site fail independently, so that two of them are two witnesses."""

from thongsuot_schema.inventory.model import Link


def are_independent(link: Link, other: Link) -> bool:
    """
    Return whether two links have neither their carrier nor any named infrastructure in common.

    A core, a device, a duct or a pole that both depend on fails for both, so a target that both
    miss counts once, not twice. A link without a carrier in the inventory shares no carrier.
    """
    have_one_carrier = bool(link.carrier) and link.carrier == other.carrier
    return not have_one_carrier and set(link.shares).isdisjoint(other.shares)
