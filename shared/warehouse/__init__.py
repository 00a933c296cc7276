"""BigQuery, as the stages use it.

- `jobs`        queries and transactions, bounded by the invocation's clock
- `loading`     load jobs, staging tables
- `parameters`  Python values as typed query parameters
- `log`         the change logs: their names, their version 0
"""
