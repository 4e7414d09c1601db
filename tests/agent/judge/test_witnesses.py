"""Two links are two witnesses where they share neither their carrier nor anything on the way."""

import pytest

from thongsuot_agent.judge.witnesses import are_independent
from thongsuot_schema.inventory.model import Link


@pytest.mark.parametrize(
    ("one", "other", "independent"),
    [
        (("vnpt", ()), ("viettel", ()), True),
        (("vnpt", ()), ("vnpt", ()), False),
        (("", ()), ("", ()), True),
        (("vnpt", ("duct",)), ("viettel", ("duct", "pole")), False),
        (("vnpt", ("duct",)), ("viettel", ("pole",)), True),
        (("", ("box",)), ("", ("box",)), False),
    ],
)
def test_links_that_share_a_carrier_or_a_duct_are_one_witness(
    one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]], *, independent: bool
) -> None:
    links = [
        Link(name=name, interface="", carrier=carrier, shares=shares)
        for name, (carrier, shares) in zip("ab", (one, other), strict=True)
    ]
    assert are_independent(*links) is independent
    assert are_independent(*reversed(links)) is independent
