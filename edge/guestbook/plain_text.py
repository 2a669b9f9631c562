"""The type of a guest's texts: one short line, without characters that change what is shown."""

from typing import Annotated

from msgspec import Meta

# Both kinds of control characters (C0 and C1), the separators of lines and paragraphs, and the
# controls of the writing direction, which can show a text as another one.
_FORBIDDEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"

PlainText = Annotated[str, Meta(max_length=80, pattern=rf"^[^{_FORBIDDEN}]*\Z")]
