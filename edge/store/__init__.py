"""The store: TinyDB documents on SQLite, one transaction for state and records."""
