"""Answers to the questions that planners ask of a proposal."""
