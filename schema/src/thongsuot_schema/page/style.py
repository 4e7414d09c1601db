"""The style sheet of the page: phone first, light and dark, screen and paper."""

from typing import Final

# Contrast (WCAG 2.2 AA) of text on its ground is checked in a browser by the page's tests.
STYLE: Final = """\
:root{color-scheme:light
dark;--paper:#f3f5f2;--card:#fff;--ink:#16211d;--soft:#55625c;--line:#d9dfda;
--accent:#0b5c68;--up:#187447;--up-bar:#3c9c6b;--up-tint:#e9f5ee;--degraded:#8a5200;
--degraded-bar:#d08a0c;--degraded-tint:#fdf3df;--down:#b3221b;--down-bar:#c8362e;--down-tint:#fdecea;
--unknown:#55625c;--unknown-tint:#eef0ee;--gap:#fff;--gap-line:#aab4ae;--track:#eef2ef} @media
screen and (prefers-color-scheme:dark){:root{--paper:#101614;--card:#19211e;--ink:#e7ede9;
--soft:#a3b0aa;--line:#2e3a35;--accent:#6fc9d6;--up:#6fd3a0;--up-bar:#3fa873;--up-tint:#15291f;
--degraded:#f0bd5a;--degraded-bar:#d9982a;--degraded-tint:#2e2411;--down:#ff9a91;--down-bar:#f0594e;
--down-tint:#371a18;--unknown:#a3b0aa;--unknown-tint:#222b27;--gap:#19211e;--gap-line:#4b5852;
--track:#232d29}} *{box-sizing:border-box} html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink); font:1rem/1.5 var(--font,system-ui,"Segoe
UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif);
font-variant-numeric:tabular-nums;overflow-wrap:anywhere} a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
h1,h2,h3,p,ol,ul,dl,dd{margin:0;padding:0} ol,ul{list-style:none} .wrap{max-width:66rem;margin:0
auto;padding:0 1rem} .top{border-top:4px solid var(--accent);padding:.75rem 0 0}
.bar{display:flex;align-items:center;justify-content:space-between;gap:1rem;font-size:.875rem;
color:var(--soft)}
.brand{display:flex;align-items:center;gap:.5rem;color:var(--accent);font-weight:700;
text-decoration:none;min-height:2.75rem} .brand
svg{width:1.75rem;height:1.25rem;fill:none;stroke:currentColor;stroke-width:2.4;
stroke-linecap:round} .switch{display:inline-flex;align-items:center;min-height:2.75rem;padding:0
.25rem} h1{font-size:1.25rem;line-height:1.3;margin:.25rem 0 0} .place{color:var(--soft)}
h2{font-size:1rem;margin:1.75rem 0 .625rem;color:var(--soft);font-weight:600}
h3{font-size:1.0625rem;line-height:1.3} .icon{flex:none;width:1.75rem;height:1.75rem}
.hero{display:flex;gap:1rem;align-items:flex-start;margin-top:1rem;padding:1.125rem;
border-radius:14px;border:1px solid var(--line)} .hero .icon{width:3rem;height:3rem} .hero
h2{margin:0;font-size:1.375rem;line-height:1.3;color:var(--ink);font-weight:700} .hero
p{margin-top:.375rem} .hero .advice{font-weight:600} .up{--c:var(--up);--tint:var(--up-tint)}
.degraded{--c:var(--degraded);--tint:var(--degraded-tint)}
.down{--c:var(--down);--tint:var(--down-tint)}
.unknown{--c:var(--unknown);--tint:var(--unknown-tint)}
.hero{background:var(--tint);border-color:var(--c)} .icon,.state{color:var(--c)}
.asof{margin-top:.625rem;font-size:.875rem;color:var(--soft)}
.note{margin-top:.75rem;padding:.625rem .875rem;border-left:4px solid var(--degraded-bar);
background:var(--degraded-tint);border-radius:0 8px 8px 0;font-size:.9375rem}
.links{display:grid;gap:.875rem} .card{background:var(--card);border:1px solid
var(--line);border-radius:14px;padding:1rem} .light{break-inside:avoid}
.head{display:flex;gap:.75rem;align-items:center} .state{font-weight:600}
.since{color:var(--soft);font-weight:400;white-space:nowrap} .what{margin-top:.75rem}
.do{margin-top:.75rem;padding:.75rem .875rem;border-radius:10px;background:var(--tint)} .do
b{display:block;font-size:.875rem;color:var(--c)}
.call{display:inline-flex;align-items:center;gap:.5rem;min-height:2.75rem;margin-top:.5rem;
padding:0 1rem;border-radius:10px;background:var(--accent);color:var(--card);font-weight:600;
text-decoration:none}
.ladder{display:grid;grid-auto-flow:column;grid-auto-columns:1fr;margin-top:.875rem;font-size:.75rem;
line-height:1.25;text-align:center;color:var(--soft)} .ladder
li{position:relative;overflow-wrap:normal} .ladder
.icon{width:1.375rem;height:1.375rem;display:block;margin:0 auto .25rem;position:relative;
background:var(--card);border-radius:50%} .ladder
li+li::before{content:"";position:absolute;top:.625rem;right:50%;width:100%; border-top:2px solid
var(--line)} .ladder li.up+li.up::before{border-color:var(--up)} .ladder
.fault{color:var(--c);font-weight:700} .who{margin-top:.625rem;font-size:.875rem;color:var(--soft)}
.day{display:block;margin-top:.75rem;overflow:visible} .day
path{fill:none;shape-rendering:crispEdges} .track{stroke:var(--track)} .h-up{stroke:var(--up-bar)}
.h-degraded{stroke:var(--degraded-bar)} .h-down{stroke:var(--down-bar)} .gap{fill:var(--gap)}
.gap-line{stroke:var(--gap-line);stroke-width:1.2;fill:none} .tick{stroke:var(--gap-line)}
.hour{font-size:11px;fill:var(--soft);text-anchor:middle} .between{display:none}
.sum{font-size:.875rem;color:var(--soft)} .figures{display:flex;flex-wrap:wrap;gap:.125rem
1.25rem;margin-top:.375rem;font-size:.875rem} .figures div{display:flex;gap:.375rem} .figures
dt{color:var(--soft)} .figures dd{font-weight:600} details{margin-top:.5rem;font-size:.875rem}
summary{cursor:pointer;color:var(--accent);min-height:1.75rem}
.proof{width:100%;border-collapse:collapse;margin-top:.25rem} .proof th,.proof td{padding:.25rem
.5rem .25rem 0;text-align:left;vertical-align:top; border-top:1px solid
var(--line);font-weight:400} .proof th{color:var(--soft)} .services{padding:0 1rem} .services
.light{padding:.875rem 0} .services .light+.light{border-top:1px solid var(--line)} .services
.icon{width:1.5rem;height:1.5rem} .key{display:flex;flex-wrap:wrap;gap:.25rem
1.125rem;margin-top:.75rem;font-size:.8125rem; color:var(--soft)} .key
li{display:flex;align-items:center;gap:.375rem} .key svg{width:18px;height:14px;overflow:hidden}
.key path{fill:none} .told li{padding:.625rem 0} .told li+li{border-top:1px solid var(--line)}
.told time{font-weight:600} .told span{display:block;color:var(--soft);font-size:.875rem}
footer{margin:1.75rem 0 2rem;padding-top:.875rem;border-top:1px solid
var(--line);font-size:.875rem; color:var(--soft)} .parts{position:absolute;width:0;height:0}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
#stale{position:sticky;top:0;z-index:1;padding:.625rem 1rem;background:var(--down-tint);
border-bottom:2px solid var(--down);text-align:center;font-weight:600} #stale[hidden]{display:none}
@media (min-width:48rem){ h1{font-size:1.5rem} .hero{padding:1.5rem;gap:1.25rem} .hero
.icon{width:4rem;height:4rem} .hero h2{font-size:1.75rem}
.links{grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));align-items:start}
.card{padding:1.25rem} .services{padding:0 1.25rem} .services
.light{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,7fr);column-gap:2rem} .services
.say{grid-column:1} .services .past{grid-column:2;grid-row:1/span 2} .services
.day{margin-top:.125rem} .told li{display:flex;gap:1.25rem;align-items:baseline} .wide
.between{display:inline} } @media (min-width:30rem){.between{display:inline}} @media print{
:root{--paper:#fff;--card:#fff}
body{font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.switch,.call,#stale,summary{display:none} .links{grid-template-columns:1fr 1fr}
.card,.hero{break-inside:avoid} }
"""
