"""An open serial port whose waits are those of edge/waits.py.

pyserial's own port waits inside the library, where a simulation cannot see it. Reading is the same
in all else: *size* bytes, or those that have come within the time-out; :meth:`cancel_read` ends it.
"""

import os

import serial

from edge import waits

_CANCELS = 1000


class OpenSerial(serial.Serial):  # type: ignore[misc]  # pyserial has no types
    """A serial port that is open."""

    def read(self, size: int = 1) -> bytes:
        """Return *size* bytes, or fewer once the time-out is over or the read is cancelled.

        :raises OSError: if the port has gone
        """
        data, cancelled = bytearray(), self.pipe_abort_read_r
        ends, left_s = waits.monotonic() + self._timeout, self._timeout
        while len(data) < size and waits.readable(max(0.0, left_s), self.fd, cancelled):
            if waits.readable(0, cancelled):
                os.read(cancelled, _CANCELS)
                break
            try:
                part = os.read(self.fd, size - len(data))
            except BlockingIOError:  # the bytes were discarded meanwhile
                continue
            if not part:
                raise serial.SerialException("the device was disconnected")
            data += part
            left_s = ends - waits.monotonic()
        return bytes(data)

    def wait(self) -> None:
        """Wait until bytes come, the port has gone, or the read is cancelled."""
        waits.readable(None, self.fd, self.pipe_abort_read_r)
