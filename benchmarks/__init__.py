"""What the catalogue costs in time and memory, measured against a baseline of the same run. See docs/benchmarks.md."""
