"""The language of a page: what the person chose, else what the browser asks for."""

from enum import StrEnum

from starlette.requests import Request

COOKIE = "gardu-language"


class Language(StrEnum):
    """The languages of the page."""

    ID = "id"
    EN = "en"


NAMES = {Language.ID: "Bahasa Indonesia", Language.EN: "English"}


def language_of(request: Request) -> Language:
    """Return the language for *request*; Indonesian where it asks for neither."""
    chosen = request.cookies.get(COOKIE)
    if chosen in set(Language):
        return Language(chosen)
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> Language:
    """Return the language that an ``Accept-Language`` header prefers (RFC 9110, 12.5.4)."""
    best, language = 0.0, Language.ID
    for part in header.split(","):
        tag, _, quality = part.partition(";")
        weight = _weight(quality)
        name = tag.strip().lower().partition("-")[0]
        if name in set(Language) and weight > best:
            best, language = weight, Language(name)
    return language


def _weight(quality: str) -> float:
    text = quality.strip().removeprefix("q=")
    try:
        return min(1.0, float(text)) if text else 1.0
    except ValueError:
        return 0.0
