"""
From the configuration file to a checked configuration: the same for start-up and ``check-config``.
"""

from collections.abc import Iterator
from pathlib import Path

from thongsuot_agent import probes
from thongsuot_agent.config import allowance
from thongsuot_agent.config.checks import Mistake, mistakes
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.errors import ConfigInvalid
from thongsuot_schema.document import convert, decode, error_at
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import ProbePlan


def read(path: Path) -> AgentConfig:
    """
    Return the configuration in a file.

    Raises:
        ConfigInvalid: with every mistake that was found, each with file and line.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([DocumentError(str(path), 0, f"cannot be read: {error}")]) from error
    return parse(text, file=str(path))


def parse(text: str, *, file: str) -> AgentConfig:
    """Return the configuration that a text holds; see ``read``."""
    try:
        config = decode(text, AgentConfig, file=file)
    except DocumentError as error:
        raise ConfigInvalid([error]) from error
    found = [error_at(text, path, what, file=file) for path, what in _contradictions(config)]
    found.extend(_settings_mistakes(config, text, file))
    if not found:  # the arithmetic needs settings and names that are right
        found = [error_at(text, path, what, file=file) for path, what in _dear_links(config)]
    if found:
        raise ConfigInvalid(sorted(found, key=lambda error: error.line))
    return config


def _contradictions(config: AgentConfig) -> Iterator[Mistake]:
    yield from mistakes(config, targets_of(config))


def _settings_mistakes(config: AgentConfig, text: str, file: str) -> Iterator[DocumentError]:
    for place, plan in enumerate(config.probes):
        if plan.kind not in probes.kinds():
            continue
        probe = probes.load(plan.kind)
        path = ("probes", place, "settings")
        try:
            settings = convert(plan.settings, probe.settings, text=text, file=file, path=path)
        except DocumentError as error:
            yield error
            continue
        yield from _too_short(plan, probe.timeout_s(settings), place, text, file)


def _too_short(
    plan: ProbePlan, timeout_s: float, place: int, text: str, file: str
) -> Iterator[DocumentError]:
    for key, every_s in (("every_s", plan.every_s), ("metered_every_s", plan.metered_every_s)):
        if every_s is not None and every_s < timeout_s:
            yield error_at(
                text,
                ("probes", place, key),
                f"{key} is {every_s:g} s, shorter than one run may take ({timeout_s:g} s);"
                " lengthen it or lower the settings' timeout",
                file=file,
            )


def _dear_links(config: AgentConfig) -> Iterator[Mistake]:
    # Pushes take an unmetered link where there is one.
    must_push = all(link.allowance_bytes is not None for link in config.links)
    for place, link in enumerate(config.links):
        if link.allowance_bytes is None:
            continue
        items = allowance.needs(
            link,
            probes_of(config),
            targets_of(config),
            push_every_s=config.collector.push_every_s if must_push else None,
        )
        refusal = allowance.refusal(link, items)
        if refusal:
            yield ("links", place, "allowance_bytes"), refusal
