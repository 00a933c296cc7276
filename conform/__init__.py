"""Probes of the behaviour of Google's services that the design depends on."""
