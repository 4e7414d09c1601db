"""Exported Parquet files are read back completely by another implementation."""

from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.timing import examples
from thongsuot_collector.export.column import ColumnType, ExportColumn, Row
from thongsuot_collector.export.parquet import GROUP_ROWS, ParquetWriter

duckdb: Any = import_module("duckdb")

COLUMNS = (
    ExportColumn(name="text", holds=ColumnType.TEXT),
    ExportColumn(name="whole", holds=ColumnType.WHOLE),
    ExportColumn(name="number", holds=ColumnType.NUMBER),
    ExportColumn(name="moment", holds=ColumnType.MOMENT),
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.integers(0, 2**42),
    ),
    max_size=30,
)


def written(rows: list[Row], path: Path, group_rows: int = GROUP_ROWS) -> None:
    with path.open("wb") as file:
        writer = ParquetWriter(file, COLUMNS, group_rows=group_rows)
        for row in rows:
            writer.write([row])
        writer.close()


def read(path: Path) -> list[Row]:
    with duckdb.connect() as connection:
        rows: list[Row] = connection.execute(
            f"SELECT text, whole, number, epoch_ms(moment) FROM read_parquet('{path}')"
        ).fetchall()
    return rows


@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=ROWS)
def test_every_value_is_read_back(tmp_path: Path, rows: list[Row]) -> None:
    written(rows, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet") == rows


def test_many_rows_are_many_groups(tmp_path: Path) -> None:
    rows: list[Row] = [(f"t{n % 7}", n, n / 3 if n % 5 else None, n) for n in range(1050)]
    written(rows, tmp_path / "a.parquet", group_rows=100)
    assert read(tmp_path / "a.parquet") == rows
    with duckdb.connect() as connection:
        path = tmp_path / "a.parquet"
        groups = connection.execute(
            f"SELECT num_row_groups, num_rows FROM parquet_file_metadata('{path}')"
        ).fetchone()
        (codec,) = connection.execute(
            f"SELECT DISTINCT compression FROM parquet_metadata('{path}')"
        ).fetchone()
    assert groups == (11, 1050)
    assert codec == "ZSTD"


def test_moments_are_in_utc(tmp_path: Path) -> None:
    written([("a", 1, 1.0, 1_795_540_000_123)], tmp_path / "a.parquet")
    with duckdb.connect() as connection:
        (column_type,) = connection.execute(
            f"SELECT typeof(moment) FROM read_parquet('{tmp_path / 'a.parquet'}')"
        ).fetchone()
    assert column_type == "TIMESTAMP WITH TIME ZONE"
