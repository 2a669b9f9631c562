"""What a checkpoint shows to its broker, and what it wants to see of it."""

import ssl
from pathlib import Path

from edge.config.model import Broker


def password(broker: Broker) -> str:
    """The first line of the password file; empty if there is none configured."""
    if not broker.password_file:
        return ""
    return Path(broker.password_file).read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")


class _Socket(ssl.SSLSocket):
    """Closed when its handshake fails: paho would leave it to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - ssl's signature
        """Shake hands."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker's name checked, our certificate shown if we have one."""
    context = ssl.create_default_context(cafile=broker.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _Socket
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file or None)
    return context
