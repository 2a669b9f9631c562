"""The databases of a data folder, for the commands that back them up and restore them."""

from edge.guestbook import book
from edge.store.store import FILE, FORMATS

FORMATS_BY_NAME = {FILE: FORMATS, book.FILE: book.FORMATS}
"""The databases, with the format of each and its migrations."""

DATABASES = {name: formats.number for name, formats in FORMATS_BY_NAME.items()}
"""The databases, and the format of each that this Gardu writes."""
