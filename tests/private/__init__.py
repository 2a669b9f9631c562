"""Guests' details stay where they belong: in files of their owner, and not in logs or arguments."""
