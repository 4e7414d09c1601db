"""The script of the page: keeps an open page fresh; the page works without it."""

from typing import Final

# The part inside #page is replaced rather than the page reloaded: a reader keeps place and focus
# and what was unfolded or typed. A page not in view asks for nothing.
SCRIPT: Final = """\
(()=>{
const every=document.currentScript.dataset.every*1000,stale=document.getElementById("stale");
const spots=root=>[...root.querySelectorAll("a,summary,input,button")];
function put(fresh){
const old=document.getElementById("page"),now=fresh.getElementById("page");
for(const open of old.querySelectorAll("details[open]")){
const same=now.querySelector("#"+open.id);if(same)same.open=true}
const typed=old.querySelector("input[type=search]");
const box=now.querySelector("input[type=search]");
if(typed&&box)box.value=typed.value;
const focus=spots(old).indexOf(document.activeElement);
old.replaceWith(now);
if(focus>=0)spots(now)[focus]?.focus({preventScroll:true});
if(box&&box===document.activeElement){
box.setSelectionRange(typed.selectionStart,typed.selectionEnd)
}
document.title=fresh.title;
document.querySelector("link[rel=icon]").href=fresh.querySelector("link[rel=icon]").href
}
async function renew(){
if(document.hidden)return;
try{
const answer=await fetch(location.href,{cache:"no-store",signal:AbortSignal.timeout(every)});
if(!answer.ok)throw new Error(answer.status);
put(new DOMParser().parseFromString(await answer.text(),"text/html"));
stale.hidden=true
}catch{stale.hidden=false}
}
setInterval(renew,every);
document.addEventListener("visibilitychange",renew)
})()
"""
