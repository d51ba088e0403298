"""Layers, coordinate systems, street network, travel times, reach, isochrones."""
