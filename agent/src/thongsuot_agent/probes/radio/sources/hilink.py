"""
Huawei HiLink, by its web interface: four pages of XML.

A session is requested first; most firmwares then show the signal without a login. If a login is
required and a password is configured, it uses the method of firmware type 4 (SHA-256 of user,
password and token). It ends other sessions of the same user on some firmwares.
"""

from base64 import b64encode
from hashlib import sha256

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probes.radio.reading import ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.vendors import huawei
from thongsuot_agent.probes.radio.web_session import WebSession
from thongsuot_agent.secret_file import read_secret
from thongsuot_schema.reason import Reason

_NO_RIGHTS = frozenset({"100003", "125002", "125003"})
_NO_SUPPORT = "100002"
_TOKEN = "__RequestVerificationToken"  # noqa: S105 - the name of a header
_LOGIN = (
    '<?xml version="1.0" encoding="UTF-8"?><request><Username>{user}</Username>'
    "<Password>{password}</Password><password_type>4</password_type></request>"
)


async def read_modem(link: LiveLink, settings: Settings) -> ModemReading:
    """Return the content of the pages."""
    web = WebSession(link, settings)
    try:
        session = huawei.fields(await web.get("/api/webserver/SesTokInfo"))
        headers = {"Cookie": session["SesInfo"]} if "SesInfo" in session else {}
        try:
            first = await _page(web, huawei.SIGNAL, headers)
        except ModemUnreadable as refused:
            if refused.reason is not Reason.PERMISSION_DENIED or not settings.password_file:
                raise
            await _log_in(web, settings, session, headers)
            first = await _page(web, huawei.SIGNAL, {})
            headers = {}
        answers: dict[str, dict[str, str]] = {huawei.SIGNAL: first}
        for page in huawei.PAGES[1:]:
            try:
                answers[page] = await _page(web, page, headers)
            except ModemUnreadable as refused:
                if refused.reason not in {Reason.PERMISSION_DENIED, Reason.NOT_SUPPORTED}:
                    raise
    finally:
        web.close()
    return huawei.reading_from(answers)


async def _page(web: WebSession, page: str, headers: dict[str, str]) -> dict[str, str]:
    text = await web.get(f"/api/{page}", headers)
    fields = huawei.fields(text)
    if "<error>" in text:
        code = fields.get("code", "")
        reason = Reason.PERMISSION_DENIED if code in _NO_RIGHTS else Reason.NOT_SUPPORTED
        raise ModemUnreadable(reason, f"the modem answers error {code} to {page}")
    if "<response>" not in text:
        raise ModemUnreadable(
            Reason.RESPONSE_INVALID, f"what stands at {page} is not of a HiLink modem"
        )
    return fields


async def _log_in(
    web: WebSession, settings: Settings, session: dict[str, str], headers: dict[str, str]
) -> None:
    token, user = session.get("TokInfo", ""), settings.user or "admin"
    inner = b64encode(sha256(read_secret(settings.password_file).encode()).hexdigest().encode())
    outer = sha256(f"{user}{inner.decode()}{token}".encode()).hexdigest().encode()
    body = _LOGIN.format(user=user, password=b64encode(outer).decode())
    answer = await web.post("/api/user/login", body, {**headers, _TOKEN: token})
    if "<error>" in answer:
        code = huawei.fields(answer).get("code", "")
        raise ModemUnreadable(
            Reason.PERMISSION_DENIED, f"the modem refuses the login with error {code}"
        )
