"""The protocol's promises, and what the change logs and events say of how they were kept.

The model in the tests holds every state that it explores against them, the simulation every
schedule, and the audit every night what really happened.
"""
