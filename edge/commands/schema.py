"""`gardu schema`: prints the JSON Schemas of Gardu's TOML files."""

from enum import StrEnum
from typing import Annotated

import typer

from edge.commands.options import say
from edge.config.schema import config_schema, schema_text
from edge.sop.procedures.schema import legal_schema, part_schema, procedure_schema


class Kind(StrEnum):
    """The kinds of file that have a schema."""

    config = "config"
    procedure = "procedure"
    part = "part"
    legal = "legal"


SCHEMAS = {
    Kind.config: config_schema,
    Kind.procedure: procedure_schema,
    Kind.part: part_schema,
    Kind.legal: legal_schema,
}


def schema(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="config: gardu.toml; procedure: the files in the folder sop; "
            "part: those in sop/parts; legal: the legal texts in sop/legal."
        ),
    ],
) -> None:
    """Print the JSON Schema of a kind of file, for editors and for programs that write such files.

    An editor that knows TOML reads it by the first line of the file, and then completes keys, shows
    their meaning, and marks mistakes:

    #:schema schema/gardu.schema.json

    The schema knows each key, its type and its range. It does not compare keys with each other (one
    pin used twice, an unknown bus): gardu check does. docs/config.md describes the editors.
    """
    say(schema_text(SCHEMAS[kind]()), nl=False)
