"""The style of charts of delay and loss, beside that of all pages."""

from typing import Final

CHART_STYLE: Final = """\
.chart{display:block;width:100%;height:152px;margin-top:.5rem}
.smoke{fill:var(--accent);opacity:.22}
.median{fill:none;stroke:var(--accent);stroke-width:2;vector-effect:non-scaling-stroke}
.lost{fill:var(--down-bar)}
.grid{stroke:var(--line)}
.axis{fill:var(--soft);font-size:12px;stroke:var(--card);stroke-width:4px;paint-order:stroke}
.mark{stroke:var(--ink);stroke-dasharray:4 3}
.periods{display:flex;flex-wrap:wrap;gap:.25rem;margin-top:.75rem}
.periods a{padding:.375rem .75rem;border-radius:8px}
.periods [aria-current]{background:var(--accent);color:var(--card)}
h4{margin:.75rem 0 0}
""".replace("\n", "")
