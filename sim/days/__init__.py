"""Whole days: programmes, arrivals, and the report of several checkpoints at once."""
