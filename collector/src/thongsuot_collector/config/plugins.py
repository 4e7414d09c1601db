"""``[[sinks]]`` and ``[[channels]]``: the kind of each table, and the settings of that kind."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from thongsuot_collector.notify import loader as notify_loader
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.settings import ChannelSettings
from thongsuot_collector.sinks import loader as sink_loader
from thongsuot_collector.sinks.contract import SinkKind, SinkSettings
from thongsuot_runtime.config_file import ConfigText
from thongsuot_runtime.file_errors import describe_with_file
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.localizable import Localizable, sentence_of
from thongsuot_schema.suggestion import suggest
from thongsuot_schema.toml_lines import Path

Table = dict[str, object]
ConfiguredSink = tuple[SinkKind[SinkSettings], SinkSettings]
ConfiguredChannel = tuple[ChannelKind[ChannelSettings], ChannelSettings]

P = TypeVar("P", ConfiguredSink, ConfiguredChannel)


def read_tables(
    noun: str,
    tables: Sequence[Table],
    source: ConfigText,
    read: Callable[[Table, Path, ConfigText], P],
    mistakes: list[DocumentError],
) -> tuple[P, ...]:
    """Return every table of a list; errors are added to ``mistakes``."""
    loaded: list[P] = []
    for place, table in enumerate(tables):
        try:
            loaded.append(read(table, (f"{noun}s", place), source))
        except DocumentError as error:
            mistakes.append(error)
    names = [settings.name for _, settings in loaded]
    mistakes += [
        source.error_at(
            (f"{noun}s", place, "name"),
            Localizable("two {tables} are named {name}", tables=f"{noun}s", name=repr(name)),
        )
        for place, name in enumerate(names)
        if name in names[:place]
    ]
    return tuple(loaded)


def read_sink(table: Table, path: Path, source: ConfigText) -> ConfiguredSink:
    """
    Return a sink's kind and settings.

    Raises:
        DocumentError: there is no such kind, or it cannot work like that.
    """
    kind = sink_loader.load(_kind(table, path, source, "sink", sink_loader.kinds()))
    settings = source.convert(table, kind.settings, path)
    _check(lambda: kind.check(settings), path, source)
    return kind, settings


def read_channel(table: Table, path: Path, source: ConfigText) -> ConfiguredChannel:
    """
    Return a channel's kind and settings.

    Raises:
        DocumentError: there is no such kind, or it cannot work like that.
    """
    kind = notify_loader.load(_kind(table, path, source, "channel", notify_loader.kinds()))
    settings = source.convert(table, kind.settings, path)
    _check(lambda: kind.check(settings), path, source)
    return kind, settings


def _kind(table: Table, path: Path, source: ConfigText, noun: str, kinds: Sequence[str]) -> str:
    kind = table.get("kind")
    if isinstance(kind, str) and kind in kinds:
        return kind
    where = (*path, "kind") if "kind" in table else path
    message = Localizable(
        "no {noun} {kind}{ending}",
        noun=Localizable(noun),
        kind=repr(kind),
        ending=suggest(str(kind), kinds),
    )
    raise source.error_at(where, message)


def _check(check: Callable[[], None], path: Path, source: ConfigText) -> None:
    try:
        check()
    except (OSError, ValueError) as error:
        is_value = isinstance(error, ValueError)
        sentence = sentence_of(error) if is_value else describe_with_file(error)
        raise source.error_at(path, sentence) from error
