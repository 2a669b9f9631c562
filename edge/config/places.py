"""Default places of the config, procedure and wording files on this machine."""

from pathlib import Path

DEFAULT_CONFIG = Path("/etc/gardu/gardu.toml")
"""The config file of an installed checkpoint."""

OFFICE_FOLDER = Path("/etc/gardu/sop")
"""The office's own procedures, on an installed checkpoint."""


def default_config_folder() -> Path:
    """Return the folder of the configs and procedures that are part of Gardu.

    In an installed package that is ``edge/_config``, in a checkout of the sources ``config``.
    """
    installed = Path(__file__).parents[1] / "_config"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "config"


def default_wording() -> Path:
    """Return the wording file that is part of Gardu."""
    return default_config_folder() / "wording.toml"


def procedures_folder() -> Path:
    """Return the folder of the office's own procedures if there is one, else Gardu's."""
    return OFFICE_FOLDER if OFFICE_FOLDER.is_dir() else default_config_folder() / "sop"
