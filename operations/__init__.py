"""The operator's commands: `python -m operations --help`.

They use the same environment variables as the functions, so they work on the deployment that these
name: Google Cloud's, or the local cloud's.
"""
