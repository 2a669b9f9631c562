"""The outputs on the Pi's pins and their resting levels, recorded for the time after the daemon.

Rules of this module
--------------------
1. The daemon writes :data:`FILE` into systemd's runtime directory before it claims a pin. After its
   end, of any kind, `gardu outputs-off` puts these outputs at rest, also if the config was changed
   or spoilt meanwhile.
2. The file needs neither msgspec nor the config's types: reading it must be quick.
3. A file that cannot be written or read never stops anything: `gardu outputs-off` then goes by the
   config.
"""

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.drivers.gpio.header import STRICT, SYSFS, outputs_persist
from edge.drivers.gpio.pins import CHOICE

if TYPE_CHECKING:
    from edge.config.model import Config

FILE = "outputs.json"

_log = logging.getLogger(__name__)


class RestLevels(NamedTuple):
    """The outputs of one checkpoint.

    :ivar chip: ``[gpio] chip``
    :ivar library: ``[gpio] library``
    :ivar high: the resting level (True = high) by BCM number
    """

    chip: str
    library: str
    high: dict[int, bool]


def rest_levels(config: "Config") -> RestLevels:
    """Return the outputs of *config*."""
    from edge.config.parts import pin_parts
    from edge.config.sections.pins import Output

    parts = [part for _, part in pin_parts(config) if isinstance(part, Output)]
    high = {part.bcm: not part.active_level for part in parts}
    return RestLevels(config.gpio.chip, config.gpio.library, high)


def prepare_outputs(config: "Config", sysfs: Path = SYSFS) -> None:
    """Record the outputs of *config* (rule 1); warn if the kernel keeps released ones driven."""
    folder = runtime_folder()
    if folder is not None:
        record(rest_levels(config), folder)
    if outputs_stay_driven(config, sysfs):
        _log.warning("this kernel keeps outputs driven after a crash, also a lock's. %s", STRICT)


def outputs_stay_driven(config: "Config", sysfs: Path = SYSFS) -> bool | None:
    """Return True if the outputs of *config* stay driven after the daemon was killed.

    None: it has none, they are simulated, or this is no Pi.
    """
    if os.environ.get(CHOICE) or not rest_levels(config).high:
        return None
    return outputs_persist(sysfs)


def runtime_folder() -> Path | None:
    """Return systemd's runtime directory; None without systemd."""
    name = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(name) if name else None


def record(levels: RestLevels, folder: Path) -> None:
    """Write *levels* into *folder*; the file is complete or absent."""
    new = folder / f"{FILE}.new"
    try:
        new.write_text(json.dumps(levels._asdict()), "ascii")
        new.replace(folder / FILE)
    except OSError as error:
        _log.warning("the list of outputs cannot be written: %s", error)


def recorded(folder: Path) -> RestLevels | None:
    """Return the levels recorded in *folder*; None if there are none, or they cannot be read."""
    try:
        raw = json.loads((folder / FILE).read_text("ascii"))
        high = {int(pin): bool(level) for pin, level in raw["high"].items()}
        return RestLevels(str(raw["chip"]), str(raw["library"]), high)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("the list of outputs cannot be read: %s", error)
        return None
