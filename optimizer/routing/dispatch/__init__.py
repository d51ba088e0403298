"""The running day: what happened so far, ranked insertions, what-if, and what would help."""
