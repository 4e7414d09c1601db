"""Messages about names that are not in the inventory, with similar ones."""

from collections.abc import Iterable

from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested


def unknown_site(name: str, known: Iterable[str]) -> Text:
    """Return the message about an unknown site."""
    return Text("collector.cli.error.no_site", name=name, near=suggested(name, known))


def unknown_carrier(name: str, known: Iterable[str]) -> Text:
    """Return the message about an unknown carrier."""
    return Text("collector.cli.error.no_carrier", name=name, near=suggested(name, known))


def unknown_commune(name: str, known: Iterable[str]) -> Text:
    """Return the message about an unknown commune."""
    return Text("collector.cli.error.no_commune", name=name, near=suggested(name, known))


def unknown_service(name: str, known: Iterable[str]) -> Text:
    """Return the message about an unknown service."""
    return Text("collector.cli.error.no_service", name=name, near=suggested(name, known))
