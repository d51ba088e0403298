"""Where to open sites: covering, p-median and p-center over sparse reach lists."""
