"""`gardu check`: checks the config and the procedures, and prints the wiring."""

import datetime as dt

import typer

from edge.clock import Clock
from edge.commands.options import ConfigOption, problems_printed, say
from edge.commands.tables import print_wiring, show_table
from edge.config.crosscheck.buttons import button_notes
from edge.config.crosscheck.cameras import camera_notes
from edge.config.crosscheck.cards import card_notes
from edge.config.crosscheck.contacts import loop_notes
from edge.config.crosscheck.modules import module_notes
from edge.config.crosscheck.port_names import port_notes
from edge.config.crosscheck.times import bounce_notes
from edge.config.expansion import exception_notes
from edge.config.model import Config
from edge.config.places import DEFAULT_CONFIG
from edge.config.polling import polling_notes
from edge.config.wiring import boot_notes, bus_notes
from edge.config.zone_advice import zone_notes
from edge.daemon.procedures import examine
from edge.daemon.rest_levels import outputs_stay_driven
from edge.drivers.gpio.header import STRICT
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
    procedures, and ends with 0.
    """
    with problems_printed():
        found = examine(config)
    remarks = examine_credentials(found.config.broker, dt.datetime.now(dt.UTC))
    _refuse([f"{config}: broker.{one.key}: {one.text}" for one in remarks if one.bad])
    print_wiring(found.config)
    _print_procedures(found.procedures)
    files = [f"broker.{one.key}: {one.text}" for one in remarks]
    for note in [*notes(found.config), *found.notes, *files]:
        say(f"note: {note}")
    say(f"{config}: no problems")


def notes(config: Config) -> list[str]:
    """Return the notes about *config*, but not those about its procedures and the broker."""
    return [
        *bus_notes(config),
        *boot_notes(config, lamps=False),
        *loop_notes(config),
        *bounce_notes(config),
        *button_notes(config),
        *card_notes(config),
        *port_notes(config),
        *camera_notes(config),
        *exception_notes(config),
        *module_notes(config),
        *polling_notes(config),
        *_zone(config),
        *_outputs(config),
    ]


def _refuse(problems: list[str]) -> None:
    """Print *problems*, if there are any, and end with 2."""
    for problem in problems:
        say(problem, err=True)
    if problems:
        raise typer.Exit(2)


def _zone(config: Config) -> list[str]:
    return zone_notes(config, Clock.from_environment().wall_ms())


def _outputs(config: Config) -> list[str]:
    if not outputs_stay_driven(config):
        return []
    return [f"this kernel keeps outputs driven after the daemon was killed. {STRICT}"]


def _print_procedures(procedures: dict[str, Procedure]) -> None:
    rows = [
        [procedure.id, procedure.version, str(len(procedure.steps)), procedure.title.id]
        for procedure in procedures.values()
    ]
    show_table("Procedures", ["id", "version", "steps", "title"], rows)
