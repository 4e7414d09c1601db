"""Rollout status of a site's configuration, and what the page of the site says of it. Pure."""

from enum import StrEnum
from typing import Final

from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_schema.words.language import Language, Text


class RolloutStatus(StrEnum):
    """How far an agent is with the newest site configuration of its site."""

    CURRENT = "current"
    """It runs it."""

    WAITING = "waiting"
    """It runs another, and has not answered to this one."""

    REFUSED = "refused"
    """It will not run it."""

    NOT_TAKING = "not_taking"
    """It takes no site configurations: an older release, or told so."""

    UNHEARD = "unheard"
    """It has not pushed since there are site configurations."""

    NONE = "none"
    """There is no site configuration: the inventory does not have the site."""


def rollout_status(newest: ConfigVersion | None, run: AgentConfigStatus | None) -> RolloutStatus:
    """Return how far a site is."""
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
    """Return what must be known of a site's configuration: that it is not run."""
    if newest is None or run is None or rollout_status(newest, run) is not RolloutStatus.REFUSED:
        return []
    return [_REFUSED.read(language)]


def facts_of(
    newest: ConfigVersion | None, run: AgentConfigStatus | None, language: Language
) -> list[str]:
    """
    Return which version a site runs that should run another one, and why it does not; nothing of
    one that is up to date: a version tells its staff nothing, and the list of agents has it.

    The reason is the device's own sentence, in English, as in its log.
    """
    if newest is None or run is None or not run.is_accepting or run.version == newest.version:
        return []
    sentence = _RUNS.read(language, version=run.version or _FILE.read(language))
    sentence += f"; {_NEWEST.read(language, version=newest.version)}"
    if rollout_status(newest, run) is RolloutStatus.REFUSED:
        why = run.reason or _NO_WORD.read(language)
        sentence += f", {_WHY.read(language, why=why)}"
    return [sentence]
