"""Notes about a config that are no problems: what less safe wiring or settings lead to."""

from edge.clock import Clock
from edge.config.crosscheck.buttons import button_notes
from edge.config.crosscheck.cameras import camera_notes
from edge.config.crosscheck.cards import card_notes
from edge.config.crosscheck.contacts import loop_notes
from edge.config.crosscheck.detectors import beam_notes
from edge.config.crosscheck.modules import module_notes
from edge.config.crosscheck.port_names import port_notes
from edge.config.crosscheck.requests import request_notes
from edge.config.crosscheck.sealing import sealing_notes
from edge.config.crosscheck.times import bounce_notes
from edge.config.expansion import exception_notes
from edge.config.model import Config
from edge.config.polling import polling_notes
from edge.config.wiring import boot_notes, bus_notes
from edge.config.zone_advice import zone_notes
from edge.daemon.rest_levels import outputs_stay_driven
from edge.drivers.gpio.header import STRICT


def notes(config: Config) -> list[str]:
    """Return the notes about *config*, but not those about its procedures and the broker."""
    return [
        *bus_notes(config),
        *boot_notes(config, lamps=False),
        *loop_notes(config),
        *beam_notes(config),
        *bounce_notes(config),
        *button_notes(config),
        *card_notes(config),
        *port_notes(config),
        *camera_notes(config),
        *sealing_notes(config),
        *exception_notes(config),
        *module_notes(config),
        *polling_notes(config),
        *request_notes(config),
        *_zone(config),
        *_outputs(config),
    ]


def _zone(config: Config) -> list[str]:
    return zone_notes(config, Clock.from_environment().wall_ms())


def _outputs(config: Config) -> list[str]:
    if not outputs_stay_driven(config):
        return []
    return [f"this kernel keeps outputs driven after the daemon was killed. {STRICT}"]
