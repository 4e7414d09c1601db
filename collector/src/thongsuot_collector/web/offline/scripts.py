"""The scripts that make a browser cache the page of a point, and show it without a connection."""

from typing import Final

from thongsuot_schema.page.escape import escape

WORKER_PATH: Final = "/offline.js"
ICON_PATH: Final = "/icon.svg"

WORKER: Final = """\
// Keeps each page of a point as it was last, and shows that when nothing answers: with its age,
// which stands in it, and with the note that it is old.
const KEPT = "points";
const isPoint = url => /^\\/sites\\/[^/]+$/.test(new URL(url).pathname);

async function fresh(request) {
    const kept = await caches.open(KEPT), answer = await fetch(request);
    if (answer.ok) await kept.put(request.url, answer.clone());
    // Who may not see it any more, or has signed out, has no copy of it either.
    else if (answer.status < 500) await kept.delete(request.url);
    return answer;
}

async function freshOrKept(request) {
    try {
        return await fresh(request);
    } catch (error) {
        const old = await (await caches.open(KEPT)).match(request.url);
        if (!old) throw error;
        const page = (await old.text()).replace('role="status" hidden', 'role="status"');
        const headers = {};
        for (const name of ["Content-Type", "Content-Security-Policy"]) {
            headers[name] = old.headers.get(name);
        }
        return new Response(page, {headers});
    }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil(clients.claim()));
self.addEventListener("message", event => {
    if (isPoint(event.data)) event.waitUntil(fresh(new Request(event.data)));
});
self.addEventListener("fetch", event => {
    const request = event.request;
    if (request.method !== "GET" || !isPoint(request.url)) return;
    event.respondWith(request.mode === "navigate" ? freshOrKept(request) : fresh(request));
});
"""

# Service workers need a secure context (TLS, or this machine itself).
REGISTER_SCRIPT: Final = f"""\
(async()=>{{
const workers=navigator.serviceWorker;
if(!workers)return;
await workers.register("{WORKER_PATH}");
(await workers.ready).active.postMessage(location.href)
}})()
"""


def manifest_path(site: str) -> str:
    """Return the path of the manifest of a site's page."""
    return f"/sites/{site}/manifest.webmanifest"


def offline_head(site: str) -> str:
    """Return the elements for the head of a site's page."""
    return (
        f'<link rel="manifest" href="{escape(manifest_path(site))}" crossorigin="use-credentials">'
        '<meta name="theme-color" content="#0d5c68">'
    )


def register_element() -> str:
    """Return the script that caches the page."""
    return f"<script>{REGISTER_SCRIPT}</script>"
