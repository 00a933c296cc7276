"""The operator's commands against local services."""

from tests.functions.conftest import bigquery_emulator, emulators, ledgers, services

__all__ = ["bigquery_emulator", "emulators", "ledgers", "services"]
