"""What a person is told of a name that the inventory does not have, and what comes near."""

from collections.abc import Iterable

from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested


def unknown_site(name: str, known: Iterable[str]) -> Text:
    """Return the sentence of a site that is not known."""
    return Text("collector.cli.error.no_site", name=name, near=suggested(name, known))


def unknown_carrier(name: str, known: Iterable[str]) -> Text:
    """Return the sentence of a carrier that is not known."""
    return Text("collector.cli.error.no_carrier", name=name, near=suggested(name, known))


def unknown_commune(name: str, known: Iterable[str]) -> Text:
    """Return the sentence of a commune that is not known."""
    return Text("collector.cli.error.no_commune", name=name, near=suggested(name, known))


def unknown_service(name: str, known: Iterable[str]) -> Text:
    """Return the sentence of a service that is not known."""
    return Text("collector.cli.error.no_service", name=name, near=suggested(name, known))
