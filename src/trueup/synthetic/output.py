"""Files that are byte for byte the same each time: CSV, CSV in gzip without a clock, or Parquet with fixed settings."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

import gzip
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, cast

import pyarrow.csv
import pyarrow.parquet as pq

from trueup.synthetic.arrow import ArrowTable

FileFormat = Literal["csv", "csv.gz", "parquet"]


class TableFile:
    """One table, written in blocks. Use as a context manager."""

    def __init__(self, folder: Path, name: str, file_format: FileFormat) -> None:
        self.path = folder / f"{name}.{file_format}"
        self.rows = 0
        self._format = file_format
        self._parquet: pq.ParquetWriter | None = None
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> TableFile:
        if self._format != "parquet":
            raw = self.path.open("wb")
            self._files.append(raw)
            if self._format == "csv.gz":
                # no file name and no time in the header, so that the same content gives the same bytes
                self._files.append(cast("IO[bytes]", gzip.GzipFile(filename="", mode="wb", compresslevel=2, fileobj=raw, mtime=0)))
        return self

    def write(self, table: ArrowTable) -> None:
        if self._format == "parquet":
            if self._parquet is None:
                self._parquet = pq.ParquetWriter(self.path, table.schema, compression="zstd", version="2.6")
            self._parquet.write_table(table, row_group_size=1_000_000)
        else:
            # no text here holds a comma, quote or line break; the writer refuses one that does
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            if self.rows == 0 and self._files[-1].tell() == 0:
                self._files[-1].write((",".join(table.column_names) + "\n").encode())
            pyarrow.csv.write_csv(table, self._files[-1], options)
        self.rows += table.num_rows

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._parquet is not None:
            self._parquet.close()
        for file in reversed(self._files):
            file.close()
