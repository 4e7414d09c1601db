"""Custom fields of a NetBox: validates and converts people's arbitrary values. Pure."""

from collections.abc import Mapping

from thongsuot_schema.localizable import Localizable

Fields = Mapping[str, object]


class InvalidField(ValueError):
    """A custom field has an unusable value; the text names it."""


def text_of(fields: Fields, name: str) -> str:
    """
    Return a field as text; empty if it is not set, or does not exist.

    Raises:
        InvalidField: it is a list, an object or a truth value.
    """
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidField(
            Localizable('custom field "{name}" is {value}, not text', name=name, value=repr(value))
        )
    return str(value).strip()


def list_of(fields: Fields, name: str) -> tuple[str, ...]:
    """
    Return a field as a list: a multiple selection, or text with commas.

    Raises:
        InvalidField: it is something else, or contains something other than text.
    """
    value = fields.get(name)
    if not isinstance(value, list):
        return tuple(part.strip() for part in text_of(fields, name).split(",") if part.strip())
    if not all(isinstance(part, str) for part in value):
        raise InvalidField(
            Localizable(
                'custom field "{name}" is {value}, not a list of texts',
                name=name,
                value=repr(value),
            )
        )
    return tuple(str(part) for part in value)


def number_of(fields: Fields, name: str) -> int | None:
    """
    Return a field as an integer above 0; ``None`` if it is not set.

    Raises:
        InvalidField: it is something else.
    """
    text = text_of(fields, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text)):
        raise InvalidField(
            Localizable(
                'custom field "{name}" is {value}, not a whole number above 0',
                name=name,
                value=repr(text),
            )
        )
    return int(text)
