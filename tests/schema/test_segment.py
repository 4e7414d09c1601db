"""Segments and the party that must act."""

import pytest

from thongsuot_schema.segment import LADDER, Party, Segment, party_for


def test_the_ladder_goes_from_the_device_outwards() -> None:
    assert [str(segment) for segment in LADDER] == [
        *("device", "lan", "access", "carrier", "transit", "service"),
    ]


@pytest.mark.parametrize(
    ("segment", "party"),
    [
        (Segment.DEVICE, Party.COMMUNE),
        (Segment.LAN, Party.COMMUNE),
        (Segment.ACCESS, Party.CARRIER),
        (Segment.CARRIER, Party.CARRIER),
        (Segment.TRANSIT, Party.CARRIER),
        (Segment.SERVICE, Party.PORTAL),
        (None, Party.CITY),
    ],
)
def test_every_segment_has_a_responsible_party(segment: Segment | None, party: Party) -> None:
    assert party_for(segment) is party
