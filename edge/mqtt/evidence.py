"""Evidence: what one connection has shown, from which the reason for its end is found.

paho closes its socket on an error and does not report which. So the socket and the first bytes of
the broker's answer are noted here.
"""

import contextlib
import socket
from typing import Any

from edge.config.model import Broker
from edge.mqtt.diagnosis import of_connack, of_error, of_first_bytes, of_no_answer
from edge.mqtt.reasons import Reason, reason
from edge.mqtt.tls import FIRST_BYTES, TlsSocket


class Evidence:
    """The socket and the first answer of one connection to *broker*.

    :ivar greeted: True once the CONNACK has come
    """

    def __init__(self, broker: Broker) -> None:
        self.greeted = False
        self._broker = broker
        self._socket: Any = None
        self._first = b""

    def opened(self, opened: Any) -> None:
        """Note the socket that paho has opened."""
        self._socket = opened

    def before_read(self) -> None:
        """Note the first bytes of the answer, which paho will read. A TLS socket does it itself."""
        if not self.greeted and not isinstance(self._socket, TlsSocket):
            with contextlib.suppress(OSError):
                self._first = self._socket.recv(FIRST_BYTES, socket.MSG_PEEK)

    def of_connack(self, code: int, granted: Any) -> Reason | None:
        """Return why a CONNACK with reason *code* and properties *granted* cannot be used."""
        self.greeted = True
        early = of_first_bytes(self._first_bytes, tls=self._broker.tls)
        return early or of_connack(code, granted)

    def of_error(self, error: Exception) -> Reason:
        """Return the reason for *error*; an answer that is not MQTT's comes before it."""
        early = None if self.greeted else of_first_bytes(self._first_bytes, tls=self._broker.tls)
        return early or of_error(error, with_certificate=bool(self._broker.cert_file))

    def of_loss(self, *, waited: bool = False) -> Reason:
        """Return why the socket is closed, or (*waited*) why there is no CONNACK in time."""
        failure = getattr(self._socket, "failure", None)
        if failure is not None and not isinstance(failure, ConnectionError):
            return self.of_error(failure)
        if self.greeted:
            return reason("lost")
        broker = self._broker
        return of_no_answer(self._first_bytes, tls=broker.tls, port=broker.port, waited=waited)

    @property
    def _first_bytes(self) -> bytes:
        return self._first or getattr(self._socket, "first", b"")
