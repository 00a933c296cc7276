"""What every stage shares: the catalogue, the topology, events, errors and the Google clients."""
