"""
What the page of a site says of its site configuration, to whoever looks after the device. Pure.
"""

from typing import Final

from thongsuot_collector.siteconfig.rollout import RolloutStatus, rollout_status
from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_schema.words.language import Language, Text

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
    Return which version a site runs, and why not the newest; nothing where it takes no site
    configurations.

    The reason is the device's own sentence, in English, as in its log.
    """
    if newest is None or run is None or not run.is_accepting:
        return []
    sentence = _RUNS.read(language, version=run.version or _FILE.read(language))
    if run.version != newest.version:
        sentence += f"; {_NEWEST.read(language, version=newest.version)}"
    if rollout_status(newest, run) is RolloutStatus.REFUSED:
        why = run.reason or _NO_WORD.read(language)
        sentence += f", {_WHY.read(language, why=why)}"
    return [sentence]
