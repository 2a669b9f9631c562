"""The run directory: the config for the daemon of a simulation, and the paths of its files."""

from pathlib import Path
from typing import Any

import tomli_w

from edge.config.toml_text import read_toml
from sim.stage.office_key import office_key
from sim.stage.signing import section
from sim.zone import DEFAULT_ZONE

# Keys of the user's [broker] section that a simulation uses; address and login are its own.
_BROKER_KEYS = (
    "client_id", "keepalive_s", "will_delay_s", "window", "resend_window_s",
    "acknowledge_timeout_s", "tries",
)  # fmt: skip


class RunDir:
    """Files of one run.

    :param folder: permanent: config, logs, database, stills, and the office's key
    :param wire: temporary and short, because a Unix socket's path may have 107 bytes only: pin
        socket, links to the serial ports, the cameras' password, the daemon's runtime directory
    """

    def __init__(self, folder: Path, wire: Path) -> None:
        self.folder = folder.absolute()
        self.wire = wire
        self.data = self.folder / "data"
        self.config = self.folder / "gardu.toml"
        self.daemon_log = self.folder / "daemon.log"
        self.watch_log = self.folder / "watch.log"
        self.pins = wire / "pins.sock"
        self.runtime = wire / "runtime"
        # The daemon goes on from the database of an earlier run.
        self.resumed = self.data.is_dir() and any(self.data.iterdir())
        self.data.mkdir(parents=True, exist_ok=True)

    @property
    def stills(self) -> Path:
        """The folder of the daemon's stills."""
        return self.data / "stills"

    def write_config(
        self,
        source: Path,
        broker_port: int,
        cameras: dict[str, Any],
        hosts: dict[str, str] | None = None,
    ) -> None:
        """Write the daemon's config: *source* with simulated ports, cameras and broker.

        :param hosts: host and port of each bus in the network, by its name
        """
        raw = read_toml(source)
        derived = derive(raw, source.absolute().parent, self, broker_port, cameras, hosts or {})
        derived["sealing"] = {"office_key": office_key(self.folder)}
        self.config.write_text(tomli_w.dumps(derived), encoding="utf-8")


def derive(
    raw: dict[str, Any],
    folder: Path,
    run: RunDir,
    broker_port: int,
    cameras: dict[str, Any],
    hosts: dict[str, str],
) -> dict[str, Any]:
    """Return the config *raw* (of *folder*) with simulated ports, cameras and broker."""
    checkpoint = raw["checkpoint"]
    broker = {key: value for key, value in raw.get("broker", {}).items() if key in _BROKER_KEYS}
    derived = {
        **raw,
        "checkpoint": {
            **checkpoint,
            "data": str(run.data),
            "timezone": checkpoint.get("timezone") or DEFAULT_ZONE,
            "sop": str(folder / checkpoint.get("sop", "sop")),
            **({"wording": str(folder / checkpoint["wording"])} if "wording" in checkpoint else {}),
        },
        "broker": {**broker, "url": f"mqtt://127.0.0.1:{broker_port}"},
    }
    if "wording" in checkpoint:
        derived["checkpoint"]["wording"] = str(folder / checkpoint["wording"])
    if "card_readers" in raw:
        derived["card_readers"] = {
            name: {**reader, "port": str(run.wire / f"tty-{name}")} if "port" in reader else reader
            for name, reader in raw["card_readers"].items()
        }
    if "scanners" in raw:
        derived["scanners"] = {
            name: {**scanner, "port": str(run.wire / f"scanner-{name}")}
            for name, scanner in raw["scanners"].items()
        }
        invitations = raw.get("invitations", {})
        derived["invitations"] = {**invitations, "need_synced_clock": False}
    # The simulation's time is invented: no time server confirms it.
    derived["requests"] = section()  # of the simulated desk application
    derived["guestbook"] = {**raw.get("guestbook", {}), "need_synced_clock": False}
    if "buses" in raw:
        derived["buses"] = {
            name: {**bus, "host": hosts[name]}
            if "host" in bus
            else {**bus, "port": str(run.wire / f"bus-{name}")}
            for name, bus in raw["buses"].items()
        }
    if "cameras" in raw:
        derived["cameras"] = {
            name: {"driver": "http", "purposes": camera["purposes"], **cameras[name]}
            for name, camera in raw["cameras"].items()
        }
    return derived
