"""TLS: the checkpoint's credentials, and its verification of the broker."""

import contextlib
import ssl
from pathlib import Path
from typing import Any

from edge.config.model import Broker
from edge.config.password_file import read_password
from edge.mqtt.reasons import BrokerUnavailable, Word, reason

# Time-out of each step of the handshake, real seconds.
HANDSHAKE_S = 10.0
# The first bytes of an answer are enough to tell protocols apart.
FIRST_BYTES = 5


class TlsSocket(ssl.SSLSocket):
    """A TLS socket that remembers why it failed; paho only reports that it did.

    :ivar failure: the error of the last read or write that failed; None if none did
    :ivar first: the first bytes received over TLS
    """

    failure: OSError | None = None
    first: bytes = b""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - ssl's signature
        """Do the handshake; close the socket if it fails: paho would leave it to the collector.

        :raises BrokerUnavailable: if the answer is no answer in TLS
        """
        self.settimeout(HANDSHAKE_S)
        try:
            super().do_handshake(block)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise BrokerUnavailable(reason("no-answer")) from None
            if isinstance(error, ConnectionError | ssl.SSLEOFError):
                raise BrokerUnavailable(reason("tls-closed-early")) from None
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; remember an error."""
        try:
            got = super().recv(buflen, flags)
        except OSError as error:
            self._note(error)
            raise
        if len(self.first) < FIRST_BYTES:
            self.first = (self.first + got)[:FIRST_BYTES]
        return got

    def send(self, data: Any, flags: int = 0) -> int:
        """Write; remember an error.

        In TLS 1.3 a broker refuses our certificate after the handshake: the first write may fail
        before the alert, which has the cause, has been read.
        """
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            with contextlib.suppress(OSError):
                self.recv(1)
            self._note(error)
            raise

    def _note(self, error: OSError) -> None:
        waits = isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError)
        if self.failure is None and not waits:
            self.failure = error


def password(broker: Broker) -> str:
    """Return the password of the password file; empty if none is configured.

    :raises BrokerUnavailable: if the file holds none
    :raises OSError: if it cannot be read
    """
    if not broker.password_file:
        return ""
    try:
        return read_password(broker.password_file)
    except ValueError as error:
        raise _bad("password-file-bad", broker.password_file, str(error)) from None


def tls_context(broker: Broker) -> ssl.SSLContext:
    """Return a context: TLS 1.2 or newer, the broker's name checked, our certificate if any.

    :raises BrokerUnavailable: if a file is not what it must be
    :raises OSError: if a file cannot be read
    """
    context = _authorities(broker.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TlsSocket
    if broker.cert_file:
        load_pair(context, broker.cert_file, broker.key_file)
    return context


def _authorities(ca_file: str) -> ssl.SSLContext:
    _readable(ca_file)
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise _bad("ca-file-bad", ca_file, "holds no certificate in PEM") from None


def load_pair(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    """Load our certificate and its key into *context*.

    :raises BrokerUnavailable: if they are no pair, or not what they must be
    :raises OSError: if a file cannot be read
    """
    _readable(cert_file)
    _readable(key_file)

    def no_pass_phrase() -> str:
        # Without this, OpenSSL would ask at the terminal.
        raise _bad("key-encrypted", key_file, "is encrypted with a pass phrase")

    try:
        context.load_cert_chain(cert_file, key_file or None, no_pass_phrase)
    except ssl.SSLError as error:
        if "KEY_VALUES_MISMATCH" in str(error):
            raise _bad("key-mismatch", key_file, f"is not the key of {cert_file}") from None
        cause = f"{cert_file} or {key_file or 'it'}"
        raise BrokerUnavailable(
            reason("certificate-file-bad", sentence=f"{cause}: holds no certificate or no key")
        ) from None


def _readable(file: str) -> None:
    """Open and close *file*: unlike OpenSSL's errors, Python's name the file."""
    if file:
        Path(file).open("rb").close()


def _bad(word: Word, file: str, what: str) -> BrokerUnavailable:
    return BrokerUnavailable(reason(word, sentence=f"{file}: {what}"))
