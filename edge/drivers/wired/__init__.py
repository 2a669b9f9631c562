"""Drivers of contacts, relays and lamps, on any channel."""
