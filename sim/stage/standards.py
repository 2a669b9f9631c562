"""Standard times of the procedures' steps, read from the same data files as the daemon's."""

from pathlib import Path

from edge.config.model import Config
from edge.config.toml_text import read_toml


def standards(config: Config) -> dict[tuple[str, str], float | None]:
    """Return the standard time in seconds of every (procedure, step); None where there is none.

    :raises ConfigError: if a procedure file cannot be read
    """
    folder = Path(config.checkpoint.sop)
    return {
        (procedure, step["id"]): step.get("standard_s")
        for procedure in config.checkpoint.procedures
        for step in read_toml(folder / f"{procedure}.toml").get("steps", [])
    }
