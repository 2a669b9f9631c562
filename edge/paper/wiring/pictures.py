"""The wiring picture as files' contents: an SVG document for each sheet."""

from edge.config.model import Config
from edge.paper.wiring.sheet import sheets
from edge.paper.wiring.svg import svg
from edge.paper.words import Language


def pictures(config: Config, lang: Language = Language.EN) -> list[bytes]:
    """Return the sheets of the picture of *config*, A4 each."""
    drawn = sheets(config, lang)
    return [svg(one, number, len(drawn), lang).encode() for number, one in enumerate(drawn, 1)]
