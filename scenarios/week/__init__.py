"""A station's week: needs of a ledger planned over all days at once."""
