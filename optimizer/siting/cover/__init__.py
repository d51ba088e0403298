"""Set covering and maximal covering at city scale."""
