"""The p-median problem, solved to proof."""
