"""`gardu wiring`: prints the wiring table and the parts list, and draws the header."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.commands.options import ConfigOption, problems_printed, say
from edge.commands.tables import print_wiring, show_table
from edge.config.inventory import lines
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.config.wiring import bus_notes, module_wiring, wiring
from edge.paper.deliver import write_pages
from edge.paper.wiring.parts_list import parts
from edge.paper.words import Language
from edge.printable import ascii_json


def wiring_(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    svg: Annotated[
        Path | None,
        typer.Option(
            help="Write the picture to this file (SVG, A4), to be printed and put up; further "
            "sheets are written beside it (FILE-2, FILE-3)."
        ),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the picture.")] = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Print every pin, channel of a module, line and part; with --svg also draw the wiring.

    Only the config is read, so this works on every computer, without the equipment. Problems are
    printed and end the command with 2.

    Example: gardu wiring --config /etc/gardu/gardu.toml --svg wiring.svg
    """
    with problems_printed():
        read = load_config(config, elsewhere=True)
    files: list[Path] = []
    if svg is not None:
        from edge.paper.wiring.pictures import pictures

        files = write_pages(svg, pictures(read, lang))
    if as_json:
        say(_json(read))
        return
    print_wiring(read)
    _print_lines(read)
    rows = [[str(part.count), part.what, part.why] for part in parts(read)]
    show_table("Parts", ["count", "part", "why"], rows)
    for note in bus_notes(read):
        say(f"note: {note}")
    if svg is not None:
        say(f"the picture is in {', '.join(map(str, files))}")


def _json(config: Config) -> str:
    document = {
        "pins": wiring(config),
        "modules": module_wiring(config),
        "lines": lines(config),
        "parts": parts(config),
        "notes": bus_notes(config),
    }
    return ascii_json(msgspec.json.encode(document))


def _print_lines(config: Config) -> None:
    rows = [
        [line.device, line.driver, line.bus, ", ".join(map(str, line.addresses)), line.port]
        for line in lines(config)
    ]
    if rows:
        show_table("Lines", ["device", "driver", "bus", "address", "port or host"], rows)
