"""
What the page of a site says of its site configuration, to whoever looks after the device. Pure.
"""

from typing import Final

from thongsuot_collector.siteconfig.rollout import RolloutStatus, rollout_status
from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_schema.words.language import Language, Text

_RUNS: Final = Text("Kế hoạch đo: {version}", "Site configuration: {version}")
_NEWEST: Final = Text("mới nhất: {version}", "newest: {version}")
_FILE: Final = Text("tệp cài đặt của thiết bị", "the device's settings file alone")
_REFUSED: Final = Text(
    "Thiết bị không chạy kế hoạch đo mới nhất và vẫn đo như trước. Tại điểm không cần làm gì;"
    " trung tâm xem lý do ở cuối trang.",
    "The device does not run the newest site configuration and goes on as before. There is nothing"
    " to do at the point; why stands at the foot of this page, for the centre.",
)
_WHY: Final = Text("không chạy vì: {why}", "not run because: {why}")
_NO_WORD: Final = Text("thiết bị chưa báo", "it has not said yet")


def notes_of(
    made: ConfigVersion | None, run: AgentConfigStatus | None, language: Language
) -> list[str]:
    """Return what must be known of a site's configuration: that it is not run."""
    if made is None or run is None or rollout_status(made, run) is not RolloutStatus.REFUSED:
        return []
    return [_REFUSED.read(language)]


def facts_of(
    made: ConfigVersion | None, run: AgentConfigStatus | None, language: Language
) -> list[str]:
    """
    Return which version a site runs, and why not the newest; nothing where it takes no site
    configurations.

    The reason is the device's own sentence, in English, as in its log.
    """
    if made is None or run is None or not run.is_accepting:
        return []
    said = _RUNS.read(language).format(version=run.version or _FILE.read(language))
    if run.version != made.version:
        said += f"; {_NEWEST.read(language).format(version=made.version)}"
    if rollout_status(made, run) is RolloutStatus.REFUSED:
        why = run.reason or _NO_WORD.read(language)
        said += f", {_WHY.read(language).format(why=why)}"
    return [said]
