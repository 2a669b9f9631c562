"""A printed page: HTML in one file, and the PDF made of it.

Rules
-----
1. A page is one file: no links to styles, scripts, fonts or pictures elsewhere. A page that refers
   to any of them is an error, so that a form never prints differently on another day.
2. Text is escaped unless it is Gardu's own markup: templates are rendered with autoescape. Control
   characters, also those of the writing direction, are shown as escapes.
3. jinja2 and weasyprint (the extra ``print``) are imported when the first page is made: the daemon
   must not load them.
"""

import html as _html
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edge.errors import GarduError
from edge.printable import in_document

FOLDER = Path(__file__).parent

# A4 to be read at arm's length; DejaVu (Debian's fonts-dejavu-core) is on every office's Pi.
CSS = """
@page { size: A4; margin: 15mm 14mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt "DejaVu Sans"; } }
* { box-sizing: border-box; }
body { font: 9.5pt/1.35 "DejaVu Sans", sans-serif; color: #000; margin: 0; }
h1 { font-size: 13pt; margin: 0 0 3mm; }
h2 { font-size: 11pt; margin: 6mm 0 2mm; break-after: avoid; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 0.3mm solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top; }
thead { display: table-header-group; }
th { background: #e8e8e8; }
tr, svg, figure { break-inside: avoid; }
@media screen { body { max-width: 297mm; margin: 8mm auto; padding: 0 8mm; } }
"""


class PrintMissing(GarduError):
    """The extra `print` is not installed."""


def html(title: str, body: str, css: str = "", lang: str = "id") -> str:
    """Return a whole HTML page.

    :param title: plain text, for the window and the PDF's properties
    :param body: markup; all other text in it has been escaped
    :param css: rules that come after those that all pages share (:data:`CSS`)
    """
    page = (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_html.escape(title)}</title>\n<style>{CSS}{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    return in_document(page)


def pdf(page: str) -> bytes:
    """Return the PDF of *page*, a page of :func:`html`; its fonts are embedded.

    :raises PrintMissing: if the extra `print` is not installed
    :raises GarduError: if the page refers to another file or address
    """
    with _extra(), warnings.catch_warnings():
        # Debian 12 has no libharfbuzz-subset yet; fonttools subsets the fonts there.
        warnings.simplefilter("ignore", DeprecationWarning)
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    inside = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    try:
        document: bytes = HTML(string=page, url_fetcher=inside).write_pdf()
    except FatalURLFetchingError as error:
        raise GarduError(f"a page must be one file: {error}") from error
    return document


def render(template: str, **values: Any) -> str:
    """Return the template file *template* of this folder, filled with *values*, escaped.

    :raises PrintMissing: if the extra `print` is not installed
    """
    with _extra():
        import jinja2
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)


def escaped(text: str) -> str:
    """Return *text*, in which all is escaped already, for :func:`render`.

    :raises PrintMissing: if the extra `print` is not installed
    """
    with _extra():
        from markupsafe import Markup
    return Markup(text)  # noqa: S704 - the caller's promise


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError as missing:
        raise PrintMissing(
            f"printing needs {missing.name}, which is not installed: pip install 'gardu[print]'"
        ) from missing
    except OSError as missing:  # weasyprint without Pango, which pip cannot install
        raise PrintMissing(
            f"printing needs Pango: apt install libpango-1.0-0 libpangoft2-1.0-0 ({missing})"
        ) from missing
