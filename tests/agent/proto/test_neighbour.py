from thongsuot_agent.proto.neighbour import build_arp_request, build_solicitation

HARDWARE = bytes.fromhex("02fc00000001")


def test_an_arp_request_is_that_of_rfc_826() -> None:
    request = build_arp_request(
        hardware=HARDWARE, source=bytes([192, 168, 1, 10]), target=bytes([192, 168, 1, 1])
    )
    assert request.hex() == ("000108000604000102fc00000001c0a8010a000000000000c0a80101")


def test_a_solicitation_carries_our_hardware_address() -> None:
    target = b"\xfe\x80" + b"\0" * 13 + b"\x01"
    assert build_solicitation(hardware=HARDWARE, target=target) == (
        b"\x87\0\0\0\0\0\0\0" + target + b"\x01\x01" + HARDWARE
    )
