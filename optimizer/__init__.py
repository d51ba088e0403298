"""Pure solvers on arrays: siting and routing. Knows no geography, no files, no web."""
