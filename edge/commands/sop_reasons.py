"""`gardu sop reasons`: prints the words for guests who cannot be received."""

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import problems_printed
from edge.commands.tables import show_table
from edge.config.loading import load_config
from edge.config.places import DEFAULT_CONFIG, default_wording
from edge.daemon.procedures import wording_file
from edge.sop.wording import PLACEHOLDER, ReasonText, Wording, load_wording, naming


def reasons(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="The wording file. Default: that of the config (checkpoint.wording), else the one "
            "that is part of Gardu, as the daemon uses it.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            envvar="GARDU_CONFIG",
            help="A checkpoint's config file: the words for its hosts are shown with their titles. "
            f"Default: {DEFAULT_CONFIG} if it exists and no --file is given.",
        ),
    ] = None,
) -> None:
    """Print the polite words for each reason, in Indonesian and English.

    They are the words that the daemon of the config uses. Words that name the host follow the
    general ones: for each host of the config, else with {host}.

    Ends with 2 if a file is bad.
    """
    titles = [PLACEHOLDER]
    if config is None and file is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    with problems_printed():
        if config is not None:
            loaded = load_config(config, elsewhere=True)
            titles = [host.title for host in loaded.hosts]
            file = file or wording_file(loaded)
        file = file or default_wording()
        rows = _rows(load_wording(file), titles)
    show_table(str(file), ["Reason", "Host", "Indonesia", "English"], rows)


def _rows(wording: Wording, titles: list[str]) -> list[list[str]]:
    return [
        row
        for reason, text in wording.reasons.items()
        for row in ([reason, "", text.id, text.en], *_rows_of_hosts(text, titles))
    ]


def _rows_of_hosts(text: ReasonText, titles: list[str]) -> list[list[str]]:
    if text.host is None:
        return []
    named = [(title, naming(text.host, title)) for title in titles]
    return [["", title, words.id, words.en] for title, words in named]
