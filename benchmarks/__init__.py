"""The solver benchmark suite, run by command with ``python -m benchmarks``."""
