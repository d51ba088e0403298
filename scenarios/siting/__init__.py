"""Siting: from a scenario to sites, demand and reach, and back to maps and tables."""
