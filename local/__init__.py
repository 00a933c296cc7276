"""A Google Cloud on the laptop: the stand-ins, the functions' host, and provisioning."""
