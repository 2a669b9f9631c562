"""`gardu verify`: checks that the recorded history is the one whose head was published."""

import re
from typing import Annotated

import msgspec
import typer

from edge.commands.background import INTERRUPTED, run_in_background
from edge.commands.options import ConfigOption, data_folder, load_data_config, refuse, say
from edge.commands.progress import ProgressBar
from edge.config.places import DEFAULT_CONFIG
from edge.printable import ascii_json
from edge.store.chain import Difference
from edge.store.chain_check import ChainCheck
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

    Works while the daemon runs, and leaves processor and disk to it; checks the records that are
    stored at the start. Ends with 0 if the chain is intact, 1 if not, 2 on wrong options, 130
    after Ctrl-C.

    Example: gardu verify --head 5f1c… --sequence 4711
    """
    if head is None and sequence is not None:
        refuse("--sequence says of which record --head is the link: give both")
    if head is not None and not re.fullmatch("[0-9a-fA-F]{64}", head):
        refuse("--head: must be 64 hexadecimal digits")
    with Snapshot(data_folder(load_data_config(config))) as snapshot:
        check = ChainCheck(snapshot, head.lower() if head else None, sequence)
        if sequence is not None and sequence < check.start.sequence:
            refuse(
                f"--sequence {sequence}: records up to {check.start.sequence} were removed when "
                "their time was over; take a later head"
            )
        findings = _run(check, snapshot)
    if findings.difference is None and check.missed_published:
        refuse(
            f"--head: {check.skipped} records were removed because their time was over, before "
            "they could be checked; take a later head"
        )
    if as_json:
        say(ascii_json(msgspec.json.encode(findings)))
    else:
        _print_verification(findings, published=head is not None)
    if findings.difference is not None:
        raise typer.Exit(1)


class Verification(msgspec.Struct, frozen=True):
    """The result of `gardu verify`.

    :ivar removed_to: the last record that retention had removed before; 0 if none
    :ivar skipped: number of records that retention removed before they could be checked
    :ivar sequence: the last record that is unchanged; *head* is its link
    :ivar difference: the first record that differs; None if the chain is intact
    """

    stream: str
    removed_to: int
    skipped: int
    sequence: int
    head: str
    difference: Difference | None

    @property
    def checked(self) -> int:
        """Number of records that are unchanged."""
        return self.sequence - self.removed_to - self.skipped


def _run(check: ChainCheck, snapshot: Snapshot) -> Verification:
    with ProgressBar(check.total) as bar:
        try:
            difference = run_in_background(
                check.run, stop=check.stop, on_wait=lambda: bar.update(check.done)
            )
        except KeyboardInterrupt:
            bar.end()
            refuse(
                f"stopped: {check.done} of {check.total} records were checked, in order up to "
                f"record {check.reached.sequence}",
                code=INTERRUPTED,
            )
    reached = check.reached
    return Verification(
        snapshot.stream,
        check.start.sequence,
        check.skipped,
        reached.sequence,
        reached.link,
        difference,
    )


def _print_verification(findings: Verification, *, published: bool) -> None:
    say(f"stream {findings.stream}")
    if findings.removed_to:
        say(f"records up to {findings.removed_to} are not of this chain or were removed")
    if findings.skipped:
        say(f"records removed by retention before they could be checked: {findings.skipped}")
    say(f"records in order: {findings.checked}; the last is {findings.sequence}")
    say(f"its link: {findings.head}")
    if findings.difference is not None:
        one = findings.difference
        known = " ".join(part for part in (one.type, one.time, one.id) if part)
        say(f"record {one.sequence} differs: {one.what}" + (f" ({known})" if known else ""))
    elif published:
        say("intact, and it is the history that was published")
    else:
        say("intact in itself; only a published head (--head) shows that all is as it was")
