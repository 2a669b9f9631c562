"""The former place of the server of pins: programs outside this project import it from here."""

from sim.world.pin_server import PinServer

__all__ = ["PinServer"]
