"""The script of the page, and the policy that allows no other script or style."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from thongsuot_schema.page.style import STYLE

# The part inside #page is replaced instead of reloading the page: a reader keeps scroll position
# and focus and unfolded or typed content. A page that is not in view makes no requests, nor one in
# which somebody is choosing.
SCRIPT: Final = """\
(()=>{
const every=document.currentScript.dataset.every*1000,stale=document.getElementById("stale");
let made=Date.now();
const spots=root=>[...root.querySelectorAll("a,summary,input,button")];
function put(fresh){
const old=document.getElementById("page"),now=fresh.getElementById("page");
for(const open of old.querySelectorAll("details[open]")){
const same=now.querySelector("#"+open.id);if(same)same.open=!0}
for(const box of old.querySelectorAll("[type=checkbox][id]")){
const same=now.querySelector("#"+box.id);if(same)same.checked=box.checked}
const typed=old.querySelector("input[type=search]");
const box=now.querySelector("input[type=search]");
if(typed&&box)box.value=typed.value;
const at=document.activeElement,home=at.parentElement.id,focus=spots(old).indexOf(at);
old.replaceWith(now);
const same=home&&now.querySelector(`#${home}>`+at.localName)||spots(now)[focus];
if(focus>=0)same?.focus({preventScroll:!0});
if(box&&box===document.activeElement)
box.setSelectionRange(typed.selectionStart,typed.selectionEnd);
document.title=fresh.title;
document.querySelector("link[rel=icon]").href=fresh.querySelector("link[rel=icon]").href
}
async function renew(){
if(document.hidden||document.activeElement.matches("select,[type=date]"))return;
try{
const answer=await fetch(location.href,{cache:"no-store",signal:AbortSignal.timeout(every)});
if(!answer.ok)throw new Error(answer.status);
put(new DOMParser().parseFromString(await answer.text(),"text/html"));
stale.hidden=!0;made=Date.now()
}catch{stale.hidden=!1}
}
setInterval(renew,every);
setInterval(()=>{
const age=document.getElementById("age");
if(age)age.textContent=Math.round((Date.now()-made)/1000)+age.dataset.unit
},1000);
document.addEventListener("visibilitychange",renew)
})()
"""


def _source(text: str) -> str:
    """Return the source expression of an inline text (Content Security Policy Level 3, 6.7.2.4)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def content_security_policy(
    *styles: str, scripts: tuple[str, ...] = (), is_installable: bool = False
) -> str:
    """
    Return the policy of a page that has more inline styles and scripts than its own.

    ``is_installable``: a browser may keep it, by a manifest with an icon and a worker of ours.
    """
    installing = ("manifest-src 'self'", "worker-src 'self'") if is_installable else ()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_source(script) for script in (SCRIPT, *scripts))}",
            f"style-src 'self' {' '.join(_source(style) for style in (STYLE, *styles))}",
            "connect-src 'self'",
            "font-src 'self'",
            "img-src data: 'self'" if is_installable else "img-src data:",
            *installing,
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


CONTENT_SECURITY_POLICY: Final = content_security_policy()
"""The value of the header ``Content-Security-Policy`` that the page is to be sent with."""
