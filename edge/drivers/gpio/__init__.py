"""Drivers of equipment on the Pi's own pins."""
