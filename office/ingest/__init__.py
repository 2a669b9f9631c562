"""Ingest: receives what checkpoints publish, stores it, and then acknowledges it."""
