"""The commands of `gardu`, one module for each.

This file imports nothing: the daemon starts through ``main.py`` and must not load typer.
"""
