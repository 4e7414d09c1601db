"""The style of charts and of pictures of paths, beside that of all pages."""

from typing import Final

from thongsuot_schema.page.chart_style import CHART_STYLE

PICTURE_STYLE: Final = (
    CHART_STYLE
    + """\
.path{display:block;width:100%;max-width:36rem;margin-top:.5rem;overflow:hidden;--c:var(--up)}
.path line,.path .cross{stroke:var(--c);stroke-width:3;fill:none}
.path circle{fill:var(--c)}
.path text{fill:var(--ink);font-size:13px}
.path .axis{fill:var(--soft);font-size:11px}
.path .now,.path .end{--c:var(--down)}
.path .now{stroke-dasharray:6 4}
.path .now text,.path .now circle{stroke-dasharray:none}
.path .silent circle{fill:var(--card);stroke:var(--c);stroke-width:2}
.life{display:block;width:100%;height:20px;border-radius:6px}
.untold{fill:var(--down-bar);background:var(--down-bar)}
.untaken{fill:var(--degraded-bar);background:var(--degraded-bar)}
.worked{fill:var(--accent);background:var(--accent)}
.lived{margin-top:.5rem}
.lived i{display:inline-block;width:.875rem;height:.875rem;margin-right:.5rem;border-radius:3px}
""".replace("\n", "")
)
