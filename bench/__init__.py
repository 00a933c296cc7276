"""Benchmarks: each measures a fresh process against servers in processes of their own."""
