"""What jobs, tables and columns may be asked for: anything else is refused by name, not ignored.

https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobConfiguration
https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#resource:-table
"""

from collections.abc import Mapping
from typing import Any

from local.bigquery.errors import refused

_KNOWN = {
    "query": """
        connectionProperties createSession defaultDataset maximumBytesBilled parameterMode priority
        query queryParameters useQueryCache
        formatOptions jobCreationMode kind location maxResults requestId timeoutMs
    """,
    "load": """
        clustering createDisposition destinationTable destinationTableProperties schema
        sourceFormat sourceUris timePartitioning writeDisposition
    """,
    "copy": "createDisposition destinationTable sourceTable sourceTables writeDisposition",
    "connection": "session_id",
    "table": """
        clustering description expirationTime friendlyName labels requirePartitionFilter schema
        tableReference timePartitioning view
        creationTime etag id kind lastModifiedTime location numBytes numRows selfLink type
    """,
    "partitioning": "field type",
    "view": "query",
    "column": "description fields mode name type",
}
_SETTINGS = {what: frozenset(names.split()) for what, names in _KNOWN.items()}
_NOTHING: tuple[object, ...] = (None, False, 0, "0", "", [], {})


def check_settings(what: str, settings: Mapping[str, Any]) -> None:
    """Raise BigQueryError for the first setting that is given and unknown."""
    for name, value in settings.items():
        if name not in _SETTINGS[what] and value not in _NOTHING:
            raise refused(f"{name} of a {what}")
