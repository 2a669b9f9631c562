"""The checkpoint's certificate at the broker: until when it is valid."""

from pathlib import Path

from edge.config.model import Broker
from edge.mqtt.certificates import Certificate, pair
from edge.mqtt.reasons import BrokerUnavailable

_Version = tuple[int, int, int]


class CertificateFile:
    """Reads the certificate of *broker* again when its file was replaced: that takes a handshake.

    :ivar found: the newest that could be read; None if there is none
    """

    def __init__(self, broker: Broker) -> None:
        self.found: Certificate | None = None
        self._broker = broker
        self._read: _Version | None = None

    def check(self) -> Certificate | None:
        """Return the certificate; None if there is none, or it cannot be used; may block.

        Why it cannot be used is the uplink's to say, which needs it.
        """
        if not self._broker.cert_file:
            return None
        try:
            status = Path(self._broker.cert_file).stat()
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            if version != self._read:
                self.found = pair(self._broker.cert_file, self._broker.key_file)
                self._read = version
        except (BrokerUnavailable, OSError):  # ssl.SSLError is an OSError
            self.found = self._read = None
        return self.found
