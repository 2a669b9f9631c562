"""A trial of a camera: asks for one picture, and finds the settings that this camera needs."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from edge.clock import Clock
from edge.config.crosscheck.cameras import network_camera
from edge.config.sections.cameras import HttpCamera, OnvifCamera, RtspCamera, WebCamera
from edge.config.validation import Problems, convert
from edge.drivers.camera.http_camera import HttpSnapshotCamera
from edge.drivers.camera.http_client import Exchange
from edge.drivers.camera.jpeg import size
from edge.drivers.camera.onvif_camera import OnvifStillCamera
from edge.drivers.camera.rtsp_camera import RtspStillCamera
from edge.drivers.camera.tls import OldTls, Untrusted, fingerprint_of
from edge.errors import DeviceError

_KINDS = {"http": HttpCamera, "rtsp": RtspCamera, "onvif": OnvifCamera}
_DRIVERS: dict[str, Callable[..., HttpSnapshotCamera | RtspStillCamera | OnvifStillCamera]] = {
    "http": HttpSnapshotCamera,
    "rtsp": RtspStillCamera,
    "onvif": OnvifStillCamera,
}
# Keys of a section whose default is left out.
_ORDER = (
    "url", "purposes", "username", "password_file", "auth", "timeout_s", "dated", "tls", "ca_file",
    "fingerprint",
)  # fmt: skip


class Result(msgspec.Struct, frozen=True):
    """A picture, and how it came.

    :ivar size: width and height, pixels
    :ivar settings: the keys of the config section
    :ivar notes: what a technician must know of these settings
    """

    driver: str
    picture: bytes
    size: tuple[int, int]
    took_s: float
    settings: dict[str, Any]
    notes: list[str]


class Trial:
    """One camera; every exchange with it is handed to *steps*."""

    def __init__(
        self,
        name: str,
        driver: str,
        settings: dict[str, Any],
        clock: Clock,
        steps: Callable[[Exchange], None],
    ) -> None:
        self._name = name
        self._driver = driver
        self._settings = settings
        self._clock = clock
        self._steps = steps
        self._seen: list[Exchange] = []
        self._notes: list[str] = []

    def run(self, notify: Callable[[str], None]) -> Result:
        """Return the picture and the settings; each change of a setting is told by *notify*.

        :raises ConfigError: if a setting is not allowed
        :raises DeviceError: if there is no picture
        """
        while True:
            try:
                return self._once()
            except DeviceError as error:
                change = self._mended(error)
                if not change:
                    raise
                notify(f"    {error}.")
                notify(f"    Again with {', '.join(map(_line, change.items()))}")
                self._settings |= change

    def _once(self) -> Result:
        config = self._config()
        device = _DRIVERS[self._driver](self._name, config, self._clock, self._note)
        began = time.monotonic()
        device.open()
        picture = device.capture()
        took_s = time.monotonic() - began
        settings = {**self._settings, **self._found(device.freshness.ignored, took_s, config)}
        return Result(self._driver, picture, size(picture), took_s, settings, self._notes)

    def _config(self) -> HttpCamera | RtspCamera | OnvifCamera:
        problems, where = Problems(""), self._name.replace("camera/", "cameras.")
        config = convert(_KINDS[self._driver], self._settings, where, problems)
        if config is not None:
            network_camera(problems, where, config)
        problems.raise_any()
        assert isinstance(config, HttpCamera | RtspCamera | OnvifCamera)
        return config

    def _note(self, step: Exchange) -> None:
        self._seen.append(step)
        self._steps(step)

    def _mended(self, error: DeviceError) -> dict[str, Any]:
        """Return the settings that may mend *error*; none if it must be mended otherwise."""
        if not self._settings["url"].startswith("https:"):  # it was redirected there
            return {}
        if isinstance(error, OldTls):
            self._notes.append(
                "it speaks only old TLS: update its firmware if there is a newer one"
            )
            return {"tls": "old"}
        if isinstance(error, Untrusted) and not self._settings.get("fingerprint"):
            config = self._config()
            assert isinstance(config, WebCamera)
            timeout_s = self._settings["timeout_s"]
            shown = fingerprint_of(self._name, urlsplit(config.url), config, timeout_s)
            self._notes.append("compare the fingerprint with the one that the camera itself shows")
            # The password must not go in clear to a machine that may be another one.
            return {"fingerprint": shown, "auth": "digest", "ca_file": ""}
        return {}

    def _found(self, ignored_date: str, took_s: float, config: Any) -> dict[str, Any]:
        """Return the settings that the dialogue showed to be right."""
        found: dict[str, Any] = {}
        if ignored_date:
            found["dated"] = False
        proofs = {step.proof.partition(" ")[0] for step in self._seen if step.proof}
        described = {
            one for step in self._seen if step.method == "DESCRIBE" for one in step.offered
        }
        if proofs == {"Digest"} or any(one.startswith("Digest") for one in described):
            found["auth"] = "digest"
        if proofs == {"Basic"} and not config.url.startswith("https:"):
            self._notes.append("it took the password in clear (Basic): use https if it has that")
        default_s = type(config)(url="", purposes=[]).timeout_s
        found["timeout_s"] = default_s if took_s < default_s / 2 else min(60.0, round(3 * took_s))
        return found


def section(name: str, driver: str, settings: dict[str, Any]) -> str:
    """Return the section [cameras.NAME] as TOML, without the keys that have their default."""
    default = _KINDS[driver](url="", purposes=[])
    keys = [key for key in _ORDER if key in settings and settings[key] != getattr(default, key)]
    lines = [_line(("driver", driver)), *(_line((key, settings[key])) for key in keys)]
    return "\n".join([f"[cameras.{name}]", *lines])


def _line(item: tuple[str, Any]) -> str:
    """Return one key with its value; TOML writes text, lists and truth as JSON does."""
    return f"{item[0]} = {json.dumps(item[1])}"
