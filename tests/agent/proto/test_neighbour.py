from thongsuot_agent.proto.neighbour import build_solicitation

HARDWARE = bytes.fromhex("02fc00000001")


def test_a_solicitation_carries_our_hardware_address() -> None:
    target = b"\xfe\x80" + b"\0" * 13 + b"\x01"
    assert build_solicitation(hardware=HARDWARE, target=target) == (
        b"\x87\0\0\0\0\0\0\0" + target + b"\x01\x01" + HARDWARE
    )
