"""Pub/Sub on the laptop: the real gRPC API, in memory, for Google's own clients.

Honest about what a pipeline leans on: filters, ack deadlines, backoff, dead letters, ordering,
pushes with Google's ack codes, BigQuery subscriptions. It refuses, rather than ignores, schemas,
exactly-once delivery, unwrapped pushes, transforms and Cloud Storage subscriptions; seek and
snapshots are unimplemented. Messages and subscriptions never expire, and a failing push delays its
own message alone, where Pub/Sub slows the whole subscription.
"""

from local.pubsub.emulator import PubSubEmulator

__all__ = ["PubSubEmulator"]
