"""The domain: districts, elders, sites, visits, meals, rules."""
