"""BigQuery on the laptop: bqemulator, corrected at its edge where exactly-once needs it.

- `emulator`          starts and stops it: `BigQueryEmulator`
- `composition`       every part of bqemulator that is replaced, with the reason
- `app`, `jobs`       the routes in front of bqemulator's own: a job id runs once
- `load`, `columns`, `files`   load jobs, whole or not at all
- `partition_filter`  require_partition_filter
- `parsing`, `translation`   each statement parsed and translated once
- `engine`            DuckDB: no network, no time travel, safe for other threads
"""

from local.bigquery.logs import silence

silence()  # bqemulator logs even while it is imported.

from local.bigquery.emulator import BigQueryEmulator  # noqa: E402

__all__ = ["BigQueryEmulator"]
