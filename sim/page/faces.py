"""The panels' faces: drawn by the very command that prints them (``gardu panel --screen``)."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.errors import GarduError
from sim.stage.process import gardu


def faces(config: Path) -> dict[str, str]:
    """Return the face of each panel of *config*, an SVG element, by the panel's name.

    :raises GarduError: if they cannot be drawn
    """
    with TemporaryDirectory(prefix="gardu-faces-") as folder:
        command = [*gardu(), "panel", "--config", str(config), "--screen", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
        if done.returncode:
            raise GarduError(f"the panels cannot be drawn: {done.stderr.strip()}")
        return {file.stem: file.read_text(encoding="utf-8") for file in Path(folder).glob("*.svg")}
