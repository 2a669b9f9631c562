"""Backup of a checkpoint's data to one file, and its restoring into a data folder."""
