"""Parquet, for programs: types of its own for times and numbers, and nothing changed in texts."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.errors import GarduError
from office.export.columns import Table
from office.export.rows import Row

# Rows and bytes of one row group, at most: what is in memory before it is written.
_MOST_ROWS = 20_000
_MOST_BYTES = 16 * 2**20


class ParquetFile:
    """Writes rows into the file *path*.

    :raises GarduError: if pyarrow is not installed
    :raises OSError: if it cannot be written
    """

    def __init__(self, path: Path, table: Table) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise GarduError(
                "Parquet needs pyarrow, which is not installed: pip install 'gardu[office-parquet]'"
            ) from None
        kinds: dict[str, Any] = {
            "text": pa.string(),
            "number": pa.float64(),
            "whole": pa.int64(),
            "truth": pa.bool_(),
            "time": pa.timestamp("ms", tz="UTC"),
        }
        self._arrow = pa
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in table.columns.items()])
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._batches: list[Any] = []
        self._rows = self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if error is None:
            self._flush()
        self._writer.close()

    def write(self, rows: Sequence[Row]) -> None:
        """Write *rows*."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        arrays = [
            self._arrow.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        batch = self._arrow.record_batch(arrays, schema=self._schema)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= _MOST_ROWS or self._bytes >= _MOST_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._batches:
            self._writer.write_table(self._arrow.Table.from_batches(self._batches))
        self._batches, self._rows, self._bytes = [], 0, 0
