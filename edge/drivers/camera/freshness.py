"""The age of pictures: a stale one is no still, because it gets the present time.

Rules
-----
1. The same picture, bit for bit, for more than ``oldest_s`` means a frozen camera: the noise of a
   sensor never repeats.
2. A picture is also stale if it is older than ``oldest_s`` by the camera's own headers, Age and
   Last-Modified. Last-Modified is compared with Date, both by the camera's own clock.
3. A Last-Modified that stays the same while the picture changes says nothing: from then on this
   value is ignored. Such a first picture is followed by more (``Undecided`` is tried again).
"""

import hashlib
import logging
from email.utils import parsedate_to_datetime

import msgspec

from edge.drivers.camera.base import Undecided
from edge.drivers.camera.http_reader import Head
from edge.errors import DeviceFault

log = logging.getLogger(__name__)


class _Seen(msgspec.Struct, frozen=True):
    """The last picture.

    :ivar since_ns: when it first came, ns since boot
    :ivar old_date: its Last-Modified, if that is older than allowed
    """

    digest: str = ""
    since_ns: int = 0
    old_date: str = ""


class Freshness:
    """Judges the pictures of one camera, one after the other.

    :param oldest_s: the greatest age of a picture, seconds
    :param dated: True: the camera's headers are read
    """

    def __init__(self, camera: str, oldest_s: float, *, dated: bool) -> None:
        self._camera = camera
        self._oldest_s = oldest_s
        self._dated = dated
        self._last = _Seen()
        self.ignored = ""
        """The Last-Modified that was found to be worthless."""

    def check(self, picture: bytes, now_ns: int, head: Head | None = None) -> None:
        """Check the *picture* that came at *now_ns* with *head* (None: without headers).

        :raises Undecided: if its headers call it old, and that may be wrong
        :raises DeviceFault: if it is stale
        """
        digest = hashlib.sha256(picture).hexdigest()
        date, date_age_s = _last_modified(head)
        old_date = date if date_age_s > self._oldest_s else ""
        same = digest == self._last.digest
        if old_date and not same and old_date == self._last.old_date != self.ignored:
            self._ignore(old_date)
        self._last = _Seen(digest, self._last.since_ns if same else now_ns, old_date)
        repeated_s = (now_ns - self._last.since_ns) / 1e9
        if repeated_s > self._oldest_s:
            raise DeviceFault(
                f"{self._camera}: sends a stale picture, the same for {repeated_s:.0f} s",
                "The camera is frozen: switch it off and on.",
            )
        if self._dated:
            self._check_headers(head, old_date, date_age_s)

    def _check_headers(self, head: Head | None, old_date: str, date_age_s: float) -> None:
        if old_date and old_date != self.ignored:
            raise Undecided(
                f"{self._camera}: sends a stale picture, {date_age_s:.0f} s old by its "
                "Last-Modified",
                "Move a hand before the lens: if the picture changes, this header is wrong, so set "
                "dated = false; if not, switch the camera off and on.",
            )
        age_s = _age_s(head)
        if age_s > self._oldest_s:
            raise DeviceFault(
                f"{self._camera}: sends a stale picture, {age_s:.0f} s old by its Age header",
                "A cache in between answers: write the camera's own address into url. If there is "
                "none, set dated = false.",
            )

    def _ignore(self, date: str) -> None:
        self.ignored = date
        log.warning(
            "%s: its Last-Modified never changes (%s) while its pictures do: it is ignored; set "
            "dated = false for this camera",
            self._camera,
            date,
        )


def _age_s(head: Head | None) -> float:
    """Return the age that a cache in between adds (RFC 9111), seconds; 0 without one."""
    said = "" if head is None else head.header("age")
    return float(said) if said.isascii() and said.isdigit() else 0.0


def _last_modified(head: Head | None) -> tuple[str, float]:
    """Return Last-Modified and its age by the camera's clock, seconds; 0 if there is none."""
    if head is None:
        return "", 0.0
    try:
        date, changed = (parsedate_to_datetime(head.header(name)) for name in _DATES)
        return head.header(_DATES[1]), (date - changed).total_seconds()
    except (ValueError, TypeError, OverflowError):  # missing, malformed, or without its zone
        return "", 0.0


_DATES = ("date", "last-modified")
