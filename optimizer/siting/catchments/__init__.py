"""Catchments: whole communities given to one station each."""
