"""Merging: what a PATCH does to what is there (RFC 7396: members are merged, lists replaced)."""

from thongsuot_lab.carrier_desk.http import Json


def merge_patch(target: Json, patch: Json) -> Json:
    """Return a document after a merge patch; ``null`` takes a member away."""
    found = dict(target)
    for name, value in patch.items():
        before = found.get(name)
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            found[name] = merge_patch(before if isinstance(before, dict) else {}, value)
        else:
            found[name] = value
    return found
