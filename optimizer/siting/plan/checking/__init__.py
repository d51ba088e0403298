"""The independent checker of network plans."""
