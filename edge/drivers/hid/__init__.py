"""Drivers of USB readers that type like a keyboard, through Linux evdev."""
