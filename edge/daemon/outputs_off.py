"""`gardu outputs-off`: puts every output at rest after the daemon's end (the unit's ExecStopPost=).

It starts quickly: without typer, gpiozero and, where the daemon left its list, the config.
"""

import sys
from pathlib import Path

from edge.daemon.rest_levels import RestLevels, recorded, rest_levels, runtime_folder
from edge.errors import ConfigError, DeviceUnavailable, GarduError
from edge.printable import counted


def outputs_off(config: Path) -> None:
    """Put at rest the outputs that the last daemon listed, or else those of *config*.

    :raises GarduError: if neither can be read, or an output cannot be put at rest
    """
    from edge.drivers.gpio.rest import put_at_rest

    levels = _levels(config)
    try:
        problems = put_at_rest(levels.chip, levels.library, levels.high)
    except DeviceUnavailable as problem:
        problems = [problem] * len(levels.high)
    done = len(levels.high) - len(problems)
    sys.stdout.write(f"{done} of {len(levels.high)} outputs put at rest\n")
    if problems:
        words = dict.fromkeys(f"{problem}. {problem.remedy}" for problem in problems)
        raise GarduError("; ".join(words))


def _levels(config: Path) -> RestLevels:
    folder = runtime_folder()
    found = recorded(folder) if folder is not None else None
    if found is not None:
        return found
    from edge.config.loading import load_config

    try:
        return rest_levels(load_config(config, elsewhere=True))
    except ConfigError as error:
        raise GarduError(
            f"outputs-off: no daemon has listed its outputs, and {config} has "
            f"{counted(len(error.problems), 'problem')}: see gardu check"
        ) from error
