"""A week of visits planned together: days, people and hours."""
