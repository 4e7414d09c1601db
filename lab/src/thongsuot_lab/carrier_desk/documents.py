"""What both of the carrier's APIs share: JSON documents, merge patches, error answers."""

from datetime import UTC, datetime

from starlette.requests import Request

Json = dict[str, object]


class ApiError(Exception):
    """A request that cannot be carried out; it is answered with ``status`` and ``reason``."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def json_object(request: Request) -> Json:
    """
    Return the object that the body of a request holds.

    Raises:
        ApiError: the body is not a JSON object.
    """
    try:
        document: object = await request.json()
    except ValueError as error:
        raise ApiError(400, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ApiError(400, "the body is not a JSON object")
    return document


def merge_patch(target: Json, patch: Json) -> Json:
    """
    Return a document after a merge patch: members are merged, lists replaced, ``null`` removes.

    Source: RFC 7396.
    """
    merged = dict(target)
    for name, value in patch.items():
        before = merged.get(name)
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = merge_patch(before if isinstance(before, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def rfc3339_now() -> str:
    """Return now as RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
