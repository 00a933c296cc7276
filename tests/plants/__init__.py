"""Errors planted by themselves, in every table and column, and whether the audit names each."""
