"""The databases of a data folder, for the commands that back them up and restore them."""

from edge.guestbook import book
from edge.store.store import FILE, FORMAT

DATABASES = {FILE: FORMAT, book.FILE: book.FORMAT}
"""The databases, and the format of each that this Gardu reads."""
