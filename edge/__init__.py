"""Gardu's daemon: the edge controller of one visitor checkpoint."""

__version__ = "0.1.0"
