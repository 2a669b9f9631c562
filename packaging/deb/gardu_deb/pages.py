"""Writes the manual pages and the shell completions of a package."""

import os
import sys
from pathlib import Path

from edge import __version__
from gardu_deb.command_tree import read_commands
from gardu_deb.completion import bash, fish, zsh
from gardu_deb.manual import pages


def main(folder: Path, time: int) -> None:
    """Write them under *folder*, where debian/rules has the root of the package."""
    gardu = read_commands()
    for name, text in pages(gardu, __version__, time):
        _write(folder / f"usr/share/man/man{name[-1]}" / name, text)
    shared = folder / "usr/share"
    _write(shared / "bash-completion/completions/gardu", bash(gardu))
    _write(shared / "zsh/vendor-completions/_gardu", zsh(gardu))
    _write(shared / "fish/vendor_completions.d/gardu.fish", fish(gardu))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(os.environ["SOURCE_DATE_EPOCH"]))
