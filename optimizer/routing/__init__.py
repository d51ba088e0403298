"""Who visits whom, when, in which order; which trip carries which load."""
