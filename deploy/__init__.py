"""Bringing Baton to a Google Cloud project: checks first, then Terraform."""
