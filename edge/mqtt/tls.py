"""TLS: the checkpoint's credentials, and its verification of the broker."""

import ssl
from pathlib import Path

from edge.config.model import Broker


def password(broker: Broker) -> str:
    """Return the first line of the password file; empty if none is configured."""
    if not broker.password_file:
        return ""
    return Path(broker.password_file).read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")


class _Socket(ssl.SSLSocket):
    """Closes itself if its handshake fails: paho would leave it to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - ssl's signature
        """Do the handshake; close the socket if it fails."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def tls_context(broker: Broker) -> ssl.SSLContext:
    """Return a context: TLS 1.2 or newer, the broker's name checked, our certificate if any."""
    context = ssl.create_default_context(cafile=broker.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Socket
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file or None)
    return context
