"""The command line in this process, as `gardu WORD …` runs it."""

from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner, Result

from edge.commands.app import app_for


def invoke(words: Sequence[str], **options: Any) -> Result:
    """Return what `gardu` prints and how it ends, given *words*."""
    return CliRunner().invoke(app_for(words), words, **options)
