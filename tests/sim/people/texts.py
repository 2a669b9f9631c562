"""The procedures of the tests of the people: the texts that an office would read."""

from functools import cache
from pathlib import Path

from sim.people.course import Surroundings
from sim.people.procedure_text import Text, read

SOP = Path(__file__).parents[3] / "config" / "sop"
SHIPPED = ("pimpinan", "eselon-2-3", "eselon-4-asn", "jatim")
EXAMPLES = ("pelayanan-terpadu", "pusat-data", "ruang-rawat")

AROUND = Surroundings(
    readers=frozenset({"reception", "officer-1"}),
    walks=frozenset({("officer-3", "in"), ("exit", "in"), ("exit", "out")}),
    door=True,
)
"""A checkpoint with all the equipment that the procedures use."""


@cache
def text(name: str) -> Text:
    """Return the procedure *name*."""
    folder = SOP if name in SHIPPED else SOP / "examples"
    return read([name], folder)[name]


def parse(phases: str) -> Text:
    """Return a procedure of one step with *phases* (TOML)."""
    return Text.parse(
        f"""
        id = "uji"
        [[steps]]
        id = "satu"
        number = 1
        station = "reception"
        role = "Penerima tamu"
        {phases}
        """
    )
