"""Writes one export: the file appears when it is complete, or not at all."""

import os
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from sqlalchemy import Connection

from edge.store.data_folder import sync
from office.export.columns import Table
from office.export.parquet import ParquetFile
from office.export.rows import Period, portions
from office.export.spreadsheet import CsvFile, Separator

FORMATS = (".csv", ".parquet")
"""The ends of the names of files that can be written."""


def export(
    connection: Connection,
    table: Table,
    period: Period,
    file: Path,
    *,
    separator: Separator = ",",
    zone: tzinfo,
    notify: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the rows of *table* in *period* into *file*, which is replaced; return their number.

    :param separator: of a CSV
    :param zone: of the times in a CSV
    :param notify: called with the number of rows written so far
    :raises GarduError: if the format needs a library that is not installed
    :raises OSError: if the file cannot be written
    :raises DBAPIError: if the database cannot be used
    """
    part, count = file.with_name(f".{file.name}.part"), 0
    try:
        with (
            ParquetFile(part, table)
            if file.suffix == ".parquet"
            else CsvFile(part, table, separator, zone)
        ) as made:
            for rows in portions(connection, table, period):
                made.write(rows)
                count += len(rows)
                notify(count)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
        sync(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return count
