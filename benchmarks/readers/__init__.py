"""Readers of public instance families; each checks the format and says what is wrong."""
