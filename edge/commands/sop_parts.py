"""`gardu sop parts`: lists the parts that procedures can use, with their parameters."""

from collections.abc import Iterator

from edge.commands.options import refuse
from edge.commands.sop_folder import FolderOption
from edge.commands.tables import show_table
from edge.config.places import default_config_folder, procedures_folder
from edge.config.toml_writing import value
from edge.errors import ConfigError
from edge.sop.procedures.loading import part_files, read_part
from edge.sop.procedures.parts import Part


def parts(folder: FolderOption = None) -> None:
    """List the parts that the steps of a procedure can use, with their parameters.

    A step takes them with `use`, and gives values for their parameters with `with`. Parts of the
    folder take the place of Gardu's own of the same name; a part with problems is named on stderr,
    and the command ends with 2.
    """
    rows: list[list[str]] = []
    problems: list[str] = []
    where, gardus = folder or procedures_folder(), default_config_folder()
    for file in part_files(where).values():
        try:
            rows += _rows(read_part(file).part, "" if file.is_relative_to(gardus) else "own")
        except ConfigError as error:
            problems += error.problems
    headers = ["part", "", "judul", "title", "parameter", "default", "meaning"]
    show_table(f"Parts for the procedures in {where}", headers, rows)
    if problems:
        refuse("\n".join(problems))


def _rows(part: Part, own: str) -> Iterator[list[str]]:
    """Yield a row for the part, with its first parameter, and one for each further parameter."""
    head = [part.id, own, part.title.id, part.title.en]
    for name, parameter in part.parameters.items():
        default = "required" if parameter.default is None else value(parameter.default)
        yield [*head, name, default, parameter.about]
        head = [""] * len(head)
    if not part.parameters:
        yield [*head, "", "", ""]
