"""What the page of a site says of its plan, to whoever looks after the device. Pure."""

from typing import Final

from thongsuot_collector.siteplan.stand import Stand, stand_of
from thongsuot_collector.store.site_plans import Made, Run
from thongsuot_schema.words.language import Language, Text

_RUNS: Final = Text("Kế hoạch đo: {version}", "Site plan: {version}")
_NEWEST: Final = Text("mới nhất: {version}", "newest: {version}")
_FILE: Final = Text("tệp cài đặt của thiết bị", "the device's settings file alone")
_REFUSED: Final = Text(
    "Thiết bị không chạy kế hoạch đo mới nhất ({version}), vẫn đo như trước. Lý do: {why}",
    "The device does not run the newest plan ({version}) and goes on as before. Why: {why}",
)
_NO_WORD: Final = Text("thiết bị chưa báo", "it has not said yet")


def notes_of(made: Made | None, run: Run | None, language: Language) -> list[str]:
    """Return what must be known of a site's plan: that it is not run."""
    if made is None or run is None or stand_of(made, run) is not Stand.REFUSED:
        return []
    why = run.reason or _NO_WORD.read(language)
    return [_REFUSED.read(language).format(version=made.version, why=why)]


def facts_of(made: Made | None, run: Run | None, language: Language) -> list[str]:
    """Return which version a site runs; nothing where it takes no plans or none is known."""
    if made is None or run is None or not run.is_taking:
        return []
    said = _RUNS.read(language).format(version=run.version or _FILE.read(language))
    if run.version != made.version:
        said += f"; {_NEWEST.read(language).format(version=made.version)}"
    return [said]
