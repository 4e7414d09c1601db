"""The script of live pages: an optional addition to the one that refreshes them."""

from typing import Final

LIVE_SCRIPT: Final = """\
(()=>{
const stream=document.currentScript.dataset.live;
if(!window.EventSource)return;
let seen="";
new EventSource(stream).onmessage=event=>{
const isNew=seen&&event.data!==seen;
seen=event.data;
// What the other script listens to: it asks for the page at once, where somebody looks at it.
if(isNew)document.dispatchEvent(new Event("visibilitychange"))
}
})()
"""
