"""Capacitated location: who is served where when room is limited."""
