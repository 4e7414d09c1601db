"""
A mail server that wants a password and notes every mail that it takes.

Arguments: a folder (see ``receiver_process``), user, password, security (``none``, ``starttls`` or
``tls``; the certificate is ``server.pem`` in the folder), a port. Behaviours: ``well``, a code (its
answer to every recipient), ``code address`` (to that one), ``sender code`` (its answer to whoever
sends), ``data code`` (to the mail itself), ``lost`` (the connection breaks instead of that answer),
``hang`` (that answer never comes), ``deaf`` (no answer comes at all), ``closed`` (the password is
not accepted), ``echo`` (refuses, and shows all it was sent). Where it hangs the folder has a file
``hangs``.
"""

import asyncio
import contextlib
import signal
import ssl
import sys
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.collector.notify.receiver_process import ReceiverFolder, announce

_HANG_S = 120.0


class MailHandler:
    """One mail after the other."""

    def __init__(self, folder: ReceiverFolder) -> None:
        self._folder = folder
        self.seen = ""

    async def _hang(self) -> None:
        (self._folder.path / "hangs").touch()
        await asyncio.sleep(_HANG_S)

    async def handle_EHLO(  # noqa: N802 - its name
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Greet, or not."""
        if self._folder.how == "deaf":
            await self._hang()
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - its name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a sender, or not."""
        how, _, code = self._folder.how.partition(" ")
        if how == "sender":
            return f"{code} so it is"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - its name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take a recipient, or not."""
        code, _, whom = self._folder.how.partition(" ")
        if code == "echo":
            return f"550 you said {self.seen} for {address}"
        if code.isdigit() and whom in {"", address}:
            return f"{code} so it is"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - its name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, or not."""
        how, _, code = self._folder.how.partition(" ")
        if how == "data":
            return f"{code} so it is"
        if how == "lost":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if how == "hang":
            await self._hang()
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",))
        files = [
            (part.get_filename(), part.get_content_type(), part.get_content().decode())
            for part in mail.iter_attachments()
        ]
        self._folder.record(
            {
                "to": ",".join(envelope.rcpt_tos),
                "from": str(mail["From"]),
                "subject": str(mail["Subject"]),
                "message_id": str(mail["Message-ID"]),
                "kind": str(mail["X-Thongsuot-Kind"]),
                "references": str(mail["References"]),
                "text": "" if text is None else text.get_content(),
                "files": repr([name for name, _, _ in files]),
                "attachment": files[0][2] if files else "",
            }
        )
        return "250 OK"


async def serve(folder: ReceiverFolder, user: str, password: str, security: str, port: int) -> None:
    """Serve until told to end."""
    handler = MailHandler(folder)
    tls: ssl.SSLContext | None = None
    if security != "none":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(folder.path / "server.pem")

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        handler.seen = f"{data.login.decode()}:{data.password.decode()}"
        is_right = handler.seen == f"{user}:{password}" and folder.how != "closed"
        return AuthResult(success=is_right, handled=False)

    def connection() -> SMTP:
        return SMTP(
            handler,
            authenticator=authenticate,
            auth_required=True,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            require_starttls=security == "starttls",
            tls_context=tls if security == "starttls" else None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        connection, "127.0.0.1", port, ssl=tls if security == "tls" else None
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    announce(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()


def main() -> None:
    """Serve until told to end."""
    path, user, password, security, port = sys.argv[1:]
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve(ReceiverFolder(Path(path)), user, password, security, int(port)))


if __name__ == "__main__":
    main()
