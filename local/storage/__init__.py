"""Cloud Storage on the laptop: gcp-storage-emulator, made as strict as the real service.

The package stores and serves objects well, but lets every precondition pass, serves one
connection at a time and has no bucket notifications. Around it, here:

- `emulator`       starts and stops it all: `StorageEmulator`
- `server`         the HTTP server: threads, routes, one lock, errors as JSON
- `store`          generations, what was finalized, the index written lazily
- `preconditions`  ifGenerationMatch and its kin, generation=
- `listing`        objects.list with pages
- `notifications`  the notificationConfigs routes and the messages they cause
"""

from local.storage.emulator import StorageEmulator

__all__ = ["StorageEmulator"]
