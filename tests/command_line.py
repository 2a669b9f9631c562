"""The command line in this process, as `gardu WORD …` runs it."""

from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner, Result

from edge.commands.app import app_for


def invoke(words: Sequence[str], **options: Any) -> Result:
    """Return the output and the exit code of `gardu` with *words*."""
    return CliRunner().invoke(app_for(words), words, **options)
