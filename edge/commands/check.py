"""`gardu check`: checks the config and the procedures, and prints the wiring."""

import datetime as dt

import typer

from edge.commands.config_notes import notes
from edge.commands.options import ConfigOption, problems_printed, say
from edge.commands.tables import print_wiring, show_table
from edge.config.hosts import hosts
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.daemon.procedures import examine
from edge.mqtt.credentials import examine_credentials
from edge.sop.procedures.model import Procedure


def check(
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Check a config with its procedures, and print the wiring table.

    The broker's password, certificate and key files are read too: dates, whether the key belongs to
    the certificate, permissions. Certificates that expire within 30 days are noted.

    No output is switched and no daemon is needed. Every problem is printed at once, with file, key
    and allowed values; then the command ends with 2. Without problems it prints notes, the wiring
    of every pin (BCM number and position on the header) and of every channel of a module, and the
    procedures and hosts, and ends with 0.
    """
    with problems_printed():
        found = examine(config)
    remarks = examine_credentials(
        found.config.broker, dt.datetime.now(dt.UTC), found.config.checkpoint.identity
    )
    _refuse([f"{config}: broker.{one.key}: {one.text}" for one in remarks if one.bad])
    print_wiring(found.config)
    _print_procedures(found.procedures)
    _print_hosts(found.config)
    files = [f"broker.{one.key}: {one.text}" for one in remarks]
    for note in [*notes(found.config), *found.notes, *files]:
        say(f"note: {note}")
    say(f"{config}: no problems")


def _refuse(problems: list[str]) -> None:
    """Print *problems*, if there are any, and end with 2."""
    for problem in problems:
        say(problem, err=True)
    if problems:
        raise typer.Exit(2)


def _print_procedures(procedures: dict[str, Procedure]) -> None:
    rows = [
        [procedure.id, procedure.version, str(len(procedure.steps)), procedure.title.id]
        for procedure in procedures.values()
    ]
    show_table("Procedures", ["id", "version", "steps", "title"], rows)


def _print_hosts(config: Config) -> None:
    """Print the hosts, if the config names some: without, each procedure has one."""
    if config.hosts:
        rows = [
            [
                host.id,
                host.title,
                ", ".join(host.procedures),
                host.aiphone or "",
                host.station or "",
            ]
            for host in hosts(config)
        ]
        show_table("Hosts", ["id", "title", "procedures", "aiphone", "station"], rows)
