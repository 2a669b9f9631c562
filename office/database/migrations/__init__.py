"""Migrations of the tables, run by Alembic (office/database/schema.py)."""
