"""The script of the page: keeps an open page fresh; the page works without it."""

from typing import Final

# The part inside #page is replaced rather than the page reloaded: a reader keeps place and focus
# and what was unfolded. A page not in view asks for nothing.
SCRIPT: Final = """\
(()=>{const every=document.currentScript.dataset.every*1e3,stale=document.getElementById("stale");
const spots=r=>[...r.querySelectorAll("a,summary")];
async function renew(){if(document.hidden)return;try{
const a=await fetch(location.href,{cache:"no-store",signal:AbortSignal.timeout(every)});
if(!a.ok)throw a.status;const d=new DOMParser().parseFromString(await a.text(),"text/html"),
old=document.getElementById("page"),now=d.getElementById("page");if(!now)throw 0;
old.querySelectorAll("details[open]").forEach(o=>{const
n=now.querySelector("#"+o.id);if(n)n.open=true}); const
f=spots(old).indexOf(document.activeElement);old.replaceWith(now);
if(f>=0)spots(now)[f]?.focus({preventScroll:true});document.title=d.title;
document.querySelector("link[rel=icon]").href=d.querySelector("link[rel=icon]").href;stale.hidden=true
}catch{stale.hidden=false}}
setInterval(renew,every);document.addEventListener("visibilitychange",renew)})()
"""
