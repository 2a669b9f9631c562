"""`gardu verify`: checks that the recorded history is the one whose head was published."""

import re
from typing import Annotated

import msgspec
import typer

from edge.commands.options import ConfigOption, data_folder, load_data_config, refuse
from edge.config.places import DEFAULT_CONFIG
from edge.store.chain import Difference, Walk
from edge.store.snapshot import Snapshot


def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="A head that the checkpoint published (ledger.head), stored elsewhere. Without "
            "one, a history that was rewritten as a whole passes as intact.",
        ),
    ] = None,
    sequence: Annotated[
        int | None,
        typer.Option(min=0, help="The head_seq published with that head. Default: any record."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check the hash chain of the records; name the first one that differs.

    Works while the daemon runs. Ends with 0 if the chain is intact, 1 if not, 2 on wrong options.

    Example: gardu verify --head 5f1c… --sequence 4711
    """
    if head is None and sequence is not None:
        refuse("--sequence says of which record --head is the link: give both")
    if head is not None and not re.fullmatch("[0-9a-fA-F]{64}", head):
        refuse("--head: must be 64 hexadecimal digits")
    with Snapshot(data_folder(load_data_config(config))) as snapshot:
        start = snapshot.start
        if sequence is not None and sequence < start.sequence:
            refuse(
                f"--sequence {sequence}: records up to {start.sequence} were removed when their "
                "time was over; take a later head"
            )
        walk = Walk(snapshot.stream, start, head.lower() if head else None, sequence)
        difference = walk.go(snapshot.records(), snapshot.head)
    reached = walk.reached
    findings = Verification(
        snapshot.stream, start.sequence, reached.sequence, reached.link, difference
    )
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        _print_verification(findings, published=head is not None)
    if difference is not None:
        raise typer.Exit(1)


class Verification(msgspec.Struct, frozen=True):
    """The result of `gardu verify`.

    :ivar removed_to: the last record that retention removed; 0 if none
    :ivar sequence: the last record that is unchanged; *head* is its link
    :ivar difference: the first record that differs; None if the chain is intact
    """

    stream: str
    removed_to: int
    sequence: int
    head: str
    difference: Difference | None

    @property
    def checked(self) -> int:
        """Number of records that are unchanged."""
        return self.sequence - self.removed_to


def _print_verification(findings: Verification, *, published: bool) -> None:
    typer.echo(f"stream {findings.stream}")
    if findings.removed_to:
        typer.echo(f"records up to {findings.removed_to} are not of this chain or were removed")
    typer.echo(f"records in order: {findings.checked}; the last is {findings.sequence}")
    typer.echo(f"its link: {findings.head}")
    if findings.difference is not None:
        one = findings.difference
        known = " ".join(part for part in (one.type, one.time, one.id) if part)
        typer.echo(f"record {one.sequence} differs: {one.what}" + (f" ({known})" if known else ""))
    elif published:
        typer.echo("intact, and it is the history that was published")
    else:
        typer.echo("intact in itself; only a published head (--head) shows that all is as it was")
