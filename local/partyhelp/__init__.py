"""Partyhelp's database on a laptop: the application's tables and a sample of its life."""

from local.partyhelp.sample import create_sample, create_tables, sqlite_engine

__all__ = ["create_sample", "create_tables", "sqlite_engine"]
