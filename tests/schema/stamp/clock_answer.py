"""What a reflector says of its clock, as a sender reads it."""

from thongsuot_schema.stamp.tlv import INTEGRITY, MALFORMED, UNRECOGNISED, Tlv


def parse_timestamp_information(extension: Tlv) -> tuple[int, int] | None:
    """Return what a reflector says of its clock, source and method; ``None`` where nothing."""
    if extension.flags & (UNRECOGNISED | MALFORMED | INTEGRITY) or len(extension.value) != 4:
        return None
    return extension.value[0], extension.value[1]
