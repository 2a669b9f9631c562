"""A wall clock that is set while the daemon runs, as a time server or a dead battery would.

Its setting is stored in a file, so that the next process on the same folder uses it too.
"""

from pathlib import Path

from edge.clock import Clock, Stamp

FILE = "clock"


def set_clock(folder: Path, off_ms: int, *, trusted: bool) -> None:
    """Set the clock of *folder* off by *off_ms* milliseconds, trusted by the kernel or not."""
    part = folder / f"{FILE}.part"
    part.write_text(f"{off_ms} {int(trusted)}", encoding="ascii")
    part.rename(folder / FILE)


class SetClock(Clock):
    """The clock of *folder*; right and trusted until it is set."""

    def __init__(self, folder: Path, speed: float, boot_ns: int, wall_ns: int) -> None:
        super().__init__(speed, boot_ns, wall_ns)
        self._file = folder / FILE

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC by the clock as it was set."""
        return super().wall_ms() + self._setting()[0]

    def now(self) -> Stamp:
        """Return the present moment."""
        off_ms, trusted = self._setting()
        return Stamp(self.boot_ns(), super().wall_ms() + off_ms, bool(trusted), self._boot)

    def _setting(self) -> tuple[int, int]:
        try:
            off_ms, trusted = self._file.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return 0, 1
        return int(off_ms), int(trusted)
