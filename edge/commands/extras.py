"""Extras of the package: which one brings a library that a command needs (pyproject.toml)."""

# The top-level module, and the extra that installs it.
EXTRAS = {
    "PIL": "stills",
    "alembic": "office",
    "av": "video",
    "cryptography": "office",
    "gpiod": "pi",
    "iotcore": "sim",
    "jinja2": "print",
    "lgpio": "lgpio",
    "markupsafe": "print",
    "nacl": "signatures",
    "psycopg": "office",
    "segno": "invitations",
    "sqlalchemy": "office",
    "tomli_w": "sim",
    "weasyprint": "print",
    "xlsxwriter": "report",
}


def missing_library(error: ModuleNotFoundError) -> str | None:
    """Return what to install after *error*, in words; None if no extra has the module."""
    module = (error.name or "").partition(".")[0]
    if module not in EXTRAS:
        return None
    return f"this needs {module}, which is not installed: pip install 'gardu[{EXTRAS[module]}]'"
