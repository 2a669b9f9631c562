"""Serves an application from a thread of its own, so that a page never holds up its program."""

import socket
import threading
from types import TracebackType
from typing import NamedTuple, Self

import uvicorn
from starlette.applications import Starlette

_STOP_S = 3.0


class Certificate(NamedTuple):
    """The files of a certificate (with those of its authorities) and of its key, as PEM."""

    cert_file: str
    key_file: str


class Server:
    """Serves *app* on *host* and *port*: in a thread, by ``with Server(app) as server``, or here.

    :param port: 0: a free one
    :param certificate: encrypts the pages (TLS)
    :raises OSError: if the address or the certificate cannot be used, when it is made
    :ivar url: the address of the page
    """

    def __init__(
        self,
        app: Starlette,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
    ) -> None:
        self._socket = socket.create_server((host, port), family=_family(host))
        number = self._socket.getsockname()[1]
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{number}/"
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            proxy_headers=False,  # else a client could name itself another address
            ssl_certfile=certificate.cert_file if certificate else None,
            ssl_keyfile=certificate.key_file if certificate else None,
        )
        config.load()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )

    def run(self) -> None:
        """Serve in this thread, the main one, until SIGTERM or SIGINT."""
        self._server.run([self._socket])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        self._socket.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
