"""Network plans: which facility of which level and size stands where, in which year."""
