"""What a sender asks of a reflector's clock (RFC 8972, 4.3), and how it reads the answer."""

from thongsuot_schema.stamp.tlv import INTEGRITY, MALFORMED, UNRECOGNISED, Tlv, TlvType

CLOCK_QUERY = Tlv(type=TlvType.TIMESTAMP_INFORMATION, value=bytes(4))


def parse_timestamp_information(extension: Tlv) -> tuple[int, int] | None:
    """Return what a reflector says of its clock, source and method; ``None`` where nothing."""
    if extension.flags & (UNRECOGNISED | MALFORMED | INTEGRITY) or len(extension.value) != 4:
        return None
    return extension.value[0], extension.value[1]
