"""The floor under every other package: numbered faults, and the compiled kernels' cache."""
