"""The problems of a file as tests compare them."""

import re
from pathlib import Path


def without_place(file: Path, problems: list[str]) -> list[str]:
    """Return *problems* without the name of the file and the line in front."""
    front = re.compile(re.escape(f"{file}: ") + r"(line [0-9]+: )?")
    return [front.sub("", problem, count=1) for problem in problems]
