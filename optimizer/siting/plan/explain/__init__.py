"""Why a plan is as it is: marginal values, conflicts, alternatives, trade-offs."""
