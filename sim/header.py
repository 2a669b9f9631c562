"""The former place of the header of pins: programs outside this project import it from here."""

from sim.world.header import Header, HeaderPin, make_header, terminal

__all__ = ["Header", "HeaderPin", "make_header", "terminal"]
