"""The plan problem as an integer program, one file per part."""
