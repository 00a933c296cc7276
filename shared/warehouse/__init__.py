"""BigQuery, as the stages use it.

- `jobs`        queries and transactions, bounded by the invocation's clock
- `loading`     load jobs, staging tables
- `parameters`  Python values as typed query parameters
- `limits`      time-outs and labels
- `requests`    what operators ask for
- `keys`        keys as text
- `log`         the change logs: their names, their version 0
"""
