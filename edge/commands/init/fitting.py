"""Finds the largest amount of buttons for which there are pins."""

from edge.commands.init.buttons import AMOUNTS
from edge.commands.init.compose import compose
from edge.commands.init.question import Asked
from edge.errors import ConfigError


def largest_amount(asked: Asked) -> str:
    """Return the largest amount of buttons that fits; the smallest if none does."""
    for amount in AMOUNTS:
        try:
            if not compose(asked.answers, asked.office, amount).short:
                return amount
        except (ConfigError, KeyError):  # an answer is wrong, which is a problem of its own
            break
    return list(AMOUNTS)[-1]
