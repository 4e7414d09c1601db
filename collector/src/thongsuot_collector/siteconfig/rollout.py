"""Rollout status of a site's configuration, and its text on the page of the site. Pure."""

from enum import StrEnum
from typing import Final

from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_schema.words.language import Language, Text


class RolloutStatus(StrEnum):
    """The status of an agent with regard to the newest site configuration of its site."""

    CURRENT = "current"
    """It runs it."""

    WAITING = "waiting"
    """It runs another, and has not responded to this one."""

    REFUSED = "refused"
    """It has rejected it."""

    NOT_TAKING = "not_taking"
    """It accepts no site configurations: an older release, or disabled in its settings."""

    UNHEARD = "unheard"
    """It has not pushed since site configurations exist."""

    NONE = "none"
    """There is no site configuration: the inventory does not have the site."""


def rollout_status(newest: ConfigVersion | None, run: AgentConfigStatus | None) -> RolloutStatus:
    """Return the rollout status of a site."""
    if newest is None:
        return RolloutStatus.NONE
    if run is None:
        return RolloutStatus.UNHEARD
    if not run.is_accepting:
        return RolloutStatus.NOT_TAKING
    if run.version == newest.version:
        return RolloutStatus.CURRENT
    return RolloutStatus.REFUSED if run.refused == newest.version else RolloutStatus.WAITING


_RUNS: Final = Text("collector.siteconfig.runs")
_NEWEST: Final = Text("collector.siteconfig.newest")
_FILE: Final = Text("collector.siteconfig.file")
_REFUSED: Final = Text("collector.siteconfig.refused")
_WHY: Final = Text("collector.siteconfig.why")
_NO_WORD: Final = Text("collector.siteconfig.no_word")


def notes_of(
    newest: ConfigVersion | None, run: AgentConfigStatus | None, language: Language
) -> list[str]:
    """Return notes about a site's configuration if it is not running."""
    if newest is None or run is None or rollout_status(newest, run) is not RolloutStatus.REFUSED:
        return []
    return [_REFUSED.read(language)]


def facts_of(
    newest: ConfigVersion | None, run: AgentConfigStatus | None, language: Language
) -> list[str]:
    """
    Return the actual and intended version of a site and the reason of a difference; nothing if it
    is up to date: a version is of no use to its staff, and is in the list of agents.

    The reason is the device's own sentence in English, as in its log.
    """
    if newest is None or run is None or not run.is_accepting or run.version == newest.version:
        return []
    sentence = _RUNS.read(language, version=run.version or _FILE.read(language))
    sentence += f"; {_NEWEST.read(language, version=newest.version)}"
    if rollout_status(newest, run) is RolloutStatus.REFUSED:
        why = run.reason or _NO_WORD.read(language)
        sentence += f", {_WHY.read(language, why=why)}"
    return [sentence]
