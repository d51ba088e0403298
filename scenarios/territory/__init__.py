"""Ground around sites: catchments, search areas, access."""
