"""`gardu panel`: shows the faces of the officers' panels in the terminal and draws them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.options import ConfigOption, problems_printed, say
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.config.sections.panels import LampName
from edge.errors import ConfigError
from edge.paper.deliver import write, write_pages
from edge.paper.panel.labels import HELD, LAMPS, RHYTHMS
from edge.paper.panel.sheet import Face, Light, Push, config_faces, pages
from edge.printable import printable
from edge.sop.procedures.loading import load_procedures
from edge.sop.procedures.model import Procedure

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_COLOURS: dict[LampName, str] = {
    "lamp": "bold", "white": "white", "green": "green", "blue": "blue", "amber": "yellow",
    "red": "red",
}  # fmt: skip


def panel(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    svg: Annotated[
        Path | None,
        typer.Option(help="Write the faces to this file (SVG, A4, true to scale), to be cut out."),
    ] = None,
    screen: Annotated[
        Path | None,
        typer.Option(
            help="Write each face to PANEL.svg in this folder, for a page on a screen: lamps and "
            "buttons are groups with the attributes data-lamp and data-button."
        ),
    ] = None,
    station: Annotated[
        list[str] | None,
        typer.Option(help="Only the panel of this station (may be given several times)."),
    ] = None,
) -> None:
    """Draw each officer's panel: its lamps and buttons, with their meanings.

    Config and procedures are read: the procedures have the reasons that the buttons reason-1 to
    reason-4 choose. With --svg the faces are drawn in true size for 22 mm buttons and
    lamps; further pages are written beside the first (FILE-2, FILE-3). Problems are printed and
    end the command with 2.

    Example: gardu panel --config /etc/gardu/gardu.toml --svg panel.svg
    """
    with problems_printed():
        read = load_config(config, elsewhere=True)
    faces = config_faces(read, _procedures(read), station or ())
    if not faces:
        kept = ", ".join(one for item in read.panels.values() for one in item.stations)
        say(f"no panel keeps {', '.join(station or ())}; there are: {kept}", err=True)
        raise typer.Exit(2)
    _show(faces)
    if svg is not None:
        for path in _write(read, faces, svg):
            say(f"printed at 100 %, true to scale: {path}")
    if screen is not None:
        for one in faces:
            say(f"for a screen: {_write_for_screen(one, screen)}")


def _write_for_screen(face: Face, folder: Path) -> Path:
    """Write *face* into *folder*; return its file."""
    from edge.paper.panel.svg import on_screen

    file = folder / f"{face.name}.svg"
    write(file, on_screen(face).encode())
    return file


def _procedures(config: Config) -> list[Procedure]:
    """Return the office's procedures; none if they are bad (the reasons then have numbers)."""
    try:
        return list(
            load_procedures(Path(config.checkpoint.sop), config.checkpoint.procedures).values()
        )
    except ConfigError as error:
        say(f"reasons are drawn by their numbers: {error.problems[0]}", err=True)
        return []


def _write(config: Config, faces: list[Face], path: Path) -> list[Path]:
    """Write every page; return their files."""
    from edge.paper.panel.svg import svg

    drawn = pages(faces)
    here = config.checkpoint
    return write_pages(
        path,
        [
            svg(page, here.place or here.id, number, len(drawn)).encode()
            for number, page in enumerate(drawn, start=1)
        ],
    )


def _show(faces: list[Face]) -> None:
    from edge.terminal import Terminal

    console = Terminal()
    for one in faces:
        console.print(_picture(one))


def _picture(face: Face) -> "RenderableType":
    from rich.columns import Columns
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    title = " · ".join(one.id for one in face.stations)
    return Panel(
        Group(
            *(_light(light) for light in face.lights),
            Columns([_push(push) for push in face.pushes]),
            *(Text(note.id, "dim") for note in face.notes),
        ),
        title=Text.assemble((title, "bold"), " ", (face.name, "dim")),
        title_align="left",
    )


def _light(light: Light) -> "Text":
    from rich.text import Text

    words = LAMPS[light.name]
    line = Text.assemble((" ◉ ", _COLOURS[light.name]), (f"{words.id:<7}", "bold"))
    for number, (rhythm, means) in enumerate(light.means):
        line.append(("  · " if number else " ") + f"{RHYTHMS[rhythm].id}: ", "dim")
        line.append(printable(means.id))
    return line


def _push(push: Push) -> "RenderableType":
    from rich.panel import Panel
    from rich.text import Text

    lines = Text.assemble(
        (printable(push.press.id), "bold"), "\n", (printable(push.press.en), "dim")
    )
    if push.hold is not None:
        lines.append(f"\n{HELD.id}: ", "dim")
        lines.append(printable(push.hold.id), "bold")
    return Panel(lines, expand=False, border_style="dim")
