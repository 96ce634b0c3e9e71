"""A mail server that takes letters, or refuses them, as the test says (RFC 5321, with AUTH PLAIN)."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """A running server: every letter it took. `refuse` is its answer to a receiver, such as "550 No such mailbox"."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    refuse: str = ""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port of 127.0.0.1 until the end of the block."""
    made = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline().decode("utf-8").strip():
                verb = line.partition(" ")[0].upper()
                if verb == "QUIT":
                    self._say("221 bye")
                    break
                if verb == "DATA":
                    self._say("354 go on")
                    self._take()
                else:
                    self._say(self._answer(verb, line))

        def _answer(self, verb: str, line: str) -> str:
            if verb == "EHLO":
                return "250-here\r\n250 AUTH PLAIN"
            if verb == "AUTH":
                made.users.append(base64.b64decode(line.split()[-1]).decode().replace("\0", " ").strip())
                return "235 welcome"
            if verb == "RCPT" and made.refuse:
                return made.refuse
            return "250 ok"

        def _take(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            letter = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(letter, EmailMessage)
            made.letters.append(letter)
            self._say("250 taken")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
