"""Network plans: from a scenario to arrays and back to years, sites and money."""
