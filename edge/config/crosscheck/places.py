"""Checks of the places with limited room across config sections."""

from edge.config.model import Config
from edge.config.validation import Problems, note_twice


def places(config: Config, problems: Problems) -> None:
    """Report a place that stands in the config twice."""
    ids = [(place.id, f"places[{number}].id") for number, place in enumerate(config.places)]
    note_twice(problems, list(ids), "place", "each place once")
