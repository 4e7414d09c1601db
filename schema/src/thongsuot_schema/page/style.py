"""The style sheet of the page: phone first, light and dark, screen and paper."""

from typing import Final

# Contrast (WCAG 2.2 AA) of text on its ground is checked in a browser by the page's tests.
_COLOURS: Final = """\
:root{
color-scheme:light dark;
--paper:#f2f5f3;--card:#fff;--ink:#15211c;--soft:#53615b;--line:#d8dfdb;--accent:#0b5c68;
--up:#146c41;--up-bar:#3c9366;--up-tint:#e8f4ed;
--degraded:#855000;--degraded-bar:#b87503;--degraded-tint:#fcf2dd;
--down:#b0211a;--down-bar:#c8362e;--down-tint:#fcebe9;
--unknown:#53615b;--unknown-tint:#ecefed;
--gap:#fff;--gap-line:#a8b2ad;--track:#edf1ee;
}
@media screen and (prefers-color-scheme:dark){:root{
--paper:#0f1513;--card:#18201d;--ink:#e7ede9;--soft:#a4b1ab;--line:#2d3833;--accent:#6fc9d6;
--up:#6fd3a0;--up-bar:#3fa873;--up-tint:#14271e;
--degraded:#f0bd5a;--degraded-bar:#d9982a;--degraded-tint:#2c2311;
--down:#ff9a91;--down-bar:#f0594e;--down-tint:#351a18;
--unknown:#a4b1ab;--unknown-tint:#212a26;
--gap:#18201d;--gap-line:#4b5852;--track:#232d29;
}}
.up{--c:var(--up);--tint:var(--up-tint)}
.degraded{--c:var(--degraded);--tint:var(--degraded-tint)}
.down{--c:var(--down);--tint:var(--down-tint)}
.unknown{--c:var(--unknown);--tint:var(--unknown-tint)}
"""

_FRAME: Final = """\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{
margin:0;background:var(--paper);color:var(--ink);font-size:1rem;line-height:1.5;
font-family:var(--font,system-ui,Roboto,"Noto Sans","DejaVu Sans",sans-serif);
font-variant-numeric:tabular-nums;overflow-wrap:break-word;
}
h1,h2,h3,p,ol,ul,dl,dd{margin:0;padding:0}
ol,ul{list-style:none}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.wrap{container-type:inline-size;max-width:66rem;margin:0 auto;padding:0 1rem}
.bar{display:flex;align-items:center;justify-content:space-between;gap:.75rem;font-size:.875rem}
.brand{
display:flex;align-items:center;gap:.5rem;min-height:2.5rem;color:var(--accent);
font-size:1rem;font-weight:700;text-decoration:none;white-space:nowrap;
}
.brand svg{
width:1.75rem;height:1.25rem;fill:none;stroke:currentColor;stroke-width:2.6;stroke-linecap:round;
}
.switch{display:inline-flex;align-items:center;min-height:2.5rem;padding-left:.25rem}
h1{font-size:1rem;line-height:1.3}
h2{margin:1.75rem 0 .625rem;color:var(--soft);font-size:1rem;font-weight:600}
h3{font-size:1.0625rem;line-height:1.3}
.place{display:none;color:var(--soft);font-size:.9375rem}
.icon{flex:none;width:1.75rem;height:1.75rem;color:var(--c)}
.hero{
display:grid;grid-template-columns:auto 1fr;column-gap:.875rem;align-items:center;
margin-top:.375rem;padding:.625rem .75rem;
border-left:6px solid var(--c);border-radius:14px;background:var(--tint);
}
.hero h2{margin:0;color:var(--ink);font-size:1.0625rem;line-height:1.25}
.hero :is(p,details,.advice){grid-column:1/-1;margin-top:.375rem;line-height:1.35}
.hero .advice{font-weight:600}
.hero .call{margin-top:0}
.advice>:first-child{margin-top:0}
.steps{
display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:.5rem;max-width:36rem;
margin-top:.375rem;counter-reset:step;
}
.pic{
display:block;width:100%;max-width:6.5rem;height:3.75rem;fill:none;stroke:currentColor;
stroke-width:2;stroke-linecap:round;stroke-linejoin:round;
}
symbol text{fill:currentColor;stroke:none;font-weight:700;text-anchor:middle}
.steps p,.hero .steps p{grid-column:auto;margin-top:.25rem;font-size:.875rem;line-height:1.25}
.steps li:not(:only-child) p::before{counter-increment:step;content:counter(step) ". "}
.steps li:only-child{
display:grid;grid-template-columns:5.75rem 1fr;gap:.75rem;align-items:center;
}
.steps li:only-child p{margin-top:0;font-size:1rem}
.hero .turn{
display:flex;gap:.625rem;align-items:center;margin:0 0 .375rem;padding:.375rem .5rem;
border-radius:8px;background:var(--turn,var(--accent));color:var(--card);font-size:1.0625rem;
line-height:1.25;font-weight:700;
}
.turn svg{flex:none;width:1.5rem;fill:currentColor}
.danger{--turn:var(--down)}
.commune{--turn:var(--degraded)}
.city,.not-known{--turn:var(--unknown)}
.nobody{--turn:var(--up)}
.hero .asof{color:var(--soft);font-size:.875rem}
.note{
margin-top:.75rem;padding:.625rem .875rem;border-left:6px solid var(--degraded-bar);
border-radius:4px 10px 10px 4px;background:var(--degraded-tint);font-size:.9375rem;
}
footer{
margin:1.75rem 0 2rem;padding-top:.875rem;border-top:1px solid var(--line);color:var(--soft);
font-size:.875rem;
}
.parts{position:absolute;width:0;height:0}
.hidden{
position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap;
}
#stale{
position:sticky;top:0;z-index:1;padding:.625rem 1rem;border-bottom:3px solid var(--down);
background:var(--down-tint);font-weight:600;text-align:center;
}
#stale[hidden]{display:none}
"""

_LIGHTS: Final = """\
.links{display:grid;gap:.875rem}
.card{
padding:1rem;border:1px solid var(--line);border-radius:14px;background:var(--card);
}
.light{break-inside:avoid}
.head{display:flex;gap:.75rem;align-items:flex-start}
.state{color:var(--c);font-weight:600}
.since{color:var(--soft)}
.since span,time,.nb{white-space:nowrap}
.what{margin-top:.75rem}
.do{margin-top:.75rem;padding:.75rem .875rem;border-radius:10px;background:var(--tint)}
.do b{display:block;color:var(--c);font-size:.875rem}
.call{
display:inline-flex;align-items:center;min-height:2.75rem;margin-top:.625rem;padding:0 1.125rem;
border-radius:10px;background:var(--accent);color:var(--card);font-weight:600;
text-decoration:none;
}
button.call{border:0;font:inherit;font-weight:600;cursor:pointer}
form input{
min-height:2.75rem;padding:0 .75rem;border:1px solid var(--soft);border-radius:10px;
background:var(--card);color:var(--ink);font:inherit;
}
.who{margin-top:.625rem;color:var(--soft);font-size:.875rem}
.ladder{
display:grid;grid-auto-flow:column;grid-auto-columns:1fr;margin-top:1rem;color:var(--soft);
font-size:.75rem;line-height:1.25;text-align:center;
}
.ladder li{position:relative;padding:0 .125rem;overflow-wrap:normal}
.ladder .icon{
display:block;position:relative;z-index:1;width:1.375rem;height:1.375rem;margin:0 auto .25rem;
border-radius:50%;background:var(--card);
}
.ladder li+li::before{
content:"";position:absolute;top:.625rem;right:50%;width:100%;border-top:2px dotted var(--gap-line);
}
.ladder .up+.up::before,.ladder .up+.fault::before{border-top:2px solid var(--up-bar)}
.ladder .fault{color:var(--c);font-weight:700}
.figures{
display:flex;flex-wrap:wrap;gap:.125rem 1.25rem;margin-top:.25rem;font-size:.875rem;
}
.figures div{display:flex;flex-wrap:wrap;gap:0 .375rem}
.figures dt{flex:none;color:var(--soft)}
.figures dd{font-weight:600}
details{margin-top:.625rem;font-size:.875rem}
summary{display:list-item;padding:.25rem 0;color:var(--accent);cursor:pointer}
.proof{width:100%;margin-top:.25rem;border-collapse:collapse}
.proof th,.proof td{
padding:.375rem .75rem .375rem 0;border-top:1px solid var(--line);font-weight:400;
text-align:left;vertical-align:top;
}
.proof th{border-top:0;color:var(--soft)}
.rows{padding:0 1rem}
.rows>li{padding:.875rem 0}
.rows>li+li{border-top:1px solid var(--line)}
.rows .icon{width:1.5rem;height:1.5rem}
.told time{font-weight:600}
.told span{display:block;color:var(--soft);font-size:.875rem}
"""

_PICTURES: Final = """\
.day{display:block;width:100%;height:42px;margin-top:.875rem}
.day path,.key path{fill:none;shape-rendering:crispEdges}
.track{stroke:var(--track);stroke-width:12}
.h-up{stroke:var(--up-bar);stroke-width:5}
.h-degraded{stroke:var(--degraded-bar);stroke-width:8}
.h-down{stroke:var(--down-bar);stroke-width:12}
.key .h-up{stroke-width:6}
.key .h-degraded{stroke-width:9}
.key .h-down{stroke-width:14}
.gap{fill:var(--gap)}
.gap-line{fill:none;stroke:var(--gap-line);stroke-width:1.2}
.tick{stroke:var(--gap-line)}
.hour{fill:var(--soft);font-size:12px;text-anchor:middle}
.between{display:none}
.month{display:block;width:100%;height:60px;margin-top:.375rem}
.spent{fill:none;stroke:var(--accent);stroke-width:2}
.sum{color:var(--soft);font-size:.875rem}
.key{
display:flex;flex-wrap:wrap;gap:.25rem 1.125rem;margin-top:.75rem;color:var(--soft);
font-size:.8125rem;
}
.key li{display:flex;align-items:center;gap:.375rem}
.key svg{width:18px;height:14px}
"""

_SIZES: Final = """\
@media (min-width:30rem){.between{display:inline}}
@media (min-width:48rem){
h1{font-size:1.5rem}
.place{display:block}
.hero{column-gap:1.5rem;padding:1.5rem}
.hero .icon{width:4rem;height:4rem;grid-row:1/span 4;align-self:start}
.hero :is(p,.advice){grid-column:2}
.hero h2{font-size:1.75rem}
.links{grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));align-items:start}
.card{padding:1.25rem}
.rows{padding:0 1.25rem}
.services .light{display:grid;grid-template-columns:5fr 7fr;column-gap:2rem}
.services .light>*{min-width:0}
.services .past{grid-area:1/2}
.services .say{grid-column:1/-1}
.services .day{margin-top:.25rem}
.told li{display:flex;gap:1.5rem;align-items:baseline}
}
@page{size:A4;margin:8mm}
@media print{
:root{--paper:#fff}
html{font-size:10px}
body{font-size:8.5pt;line-height:1.2;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.wrap{max-width:none;padding:0}
.switch,.call,#stale,details,form,.services .day,footer{display:none}
.links,.services{display:grid;grid-template-columns:1fr 1fr;gap:.5rem}
.rows>li{padding:.25rem 0}
.services.rows>li+li{border-top:0}
.told li{display:flex;gap:1rem;align-items:baseline}
section,.card,.hero{margin-top:.5rem}
.card,.hero{break-inside:avoid;padding:.5rem .75rem}
}
"""

_LARGE_TEXT: Final = """\
@container (max-width:15rem){
.since span,time,.nb,.nowrap{white-space:normal}
.bar{flex-wrap:wrap;gap:0 1rem}
.hero,.head{display:block}
.links{grid-template-columns:minmax(0,1fr)}
.call{max-width:100%;padding:.375rem .75rem}
.steps{grid-auto-flow:row}
.steps li:only-child{display:block}
.ladder{grid-auto-flow:row;gap:.375rem;text-align:left}
.ladder li{display:flex;gap:.5rem;align-items:center}
.ladder .icon{flex:none;margin:0}
.ladder li+li::before{display:none}
form :is(input,select,button){max-width:100%}
}
"""
"""
Letters of twice the size on a phone: columns are placed below each other. Measured in letters of
the page, which a width of the screen (``@media``) does not measure.
"""

STYLE: Final = (_COLOURS + _FRAME + _LIGHTS + _PICTURES + _SIZES + _LARGE_TEXT).replace("\n", "")
"""One text, for the content security policy names it by its hash."""
