"""BigQuery on the laptop, on DuckDB and sqlglot, spoken to by Google's unmodified client."""

from local.bigquery.emulator import BigQueryEmulator

__all__ = ["BigQueryEmulator"]
