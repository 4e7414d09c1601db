"""
From the configuration file to a checked configuration: the same for start-up and ``check-config``.
"""

from collections.abc import Iterator
from pathlib import Path as File

import msgspec

from thongsuot_agent.config import allowance, equipment
from thongsuot_agent.config.checks import mistakes
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.probes import loader
from thongsuot_runtime.config_file import ConfigText, Mistake, raise_mistakes, read_text
from thongsuot_schema.document import find_mistake
from thongsuot_schema.inventory.model import ProbeSchedule
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.toml_lines import Path


def read(path: File) -> AgentConfig:
    """
    Return the configuration in a file.

    Raises:
        ConfigInvalid: with every mistake that was found, each with file and line.
    """
    return parse(read_text(path), file=str(path))


def parse(text: str, *, file: str) -> AgentConfig:
    """Return the configuration that a text holds; see ``read``."""
    source = ConfigText(text, file)
    config = source.decode(AgentConfig)
    raise_mistakes(source.error_at(*mistake) for mistake in contradictions(config))
    return config


def contradictions(config: AgentConfig) -> list[Mistake]:
    """
    Return the errors of a configuration that types cannot detect, whatever its source.

    The arithmetic of allowances is looked at only where settings and names are right.
    """
    problems = [*mistakes(config, targets_of(config)), *_settings_mistakes(config)]
    problems = problems or list(equipment.mistakes(config))
    return problems or list(_over_allowance(config))


def _settings_mistakes(config: AgentConfig) -> Iterator[Mistake]:
    for place, schedule in enumerate(config.probes):
        if schedule.kind not in loader.kinds():
            continue
        probe = loader.load(schedule.kind)
        wrong = find_mistake(schedule.settings, probe.settings, ("probes", place, "settings"))
        if wrong is not None:
            yield wrong
            continue
        settings = msgspec.convert(schedule.settings, probe.settings)
        yield from _too_short(schedule, probe.timeout_s(settings), ("probes", place))


def _too_short(schedule: ProbeSchedule, timeout_s: float, path: Path) -> Iterator[Mistake]:
    for key, every_s in (
        ("every_s", schedule.every_s),
        ("metered_every_s", schedule.metered_every_s),
    ):
        if every_s is not None and every_s < timeout_s:
            yield (
                (*path, key),
                (
                    Localizable(
                        "{key} is {every_s} s, shorter than one run may take ({timeout_s} "
                        "s); lengthen it or lower the settings' timeout",
                        key=key,
                        every_s=f"{every_s:g}",
                        timeout_s=f"{timeout_s:g}",
                    )
                ),
            )


def _over_allowance(config: AgentConfig) -> Iterator[Mistake]:
    # Pushes take an unmetered link where there is one.
    must_push = all(link.allowance_bytes is not None for link in config.links)
    for place, link in enumerate(config.links):
        if link.allowance_bytes is None:
            continue
        items = allowance.monthly_usage(
            link,
            probes_of(config),
            targets_of(config),
            push_every_s=config.collector.push_every_s if must_push else None,
        )
        refusal = allowance.refusal_text(link, items)
        if refusal:
            yield ("links", place, "allowance_bytes"), refusal
