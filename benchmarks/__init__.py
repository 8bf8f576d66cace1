"""What it costs, held against peers in the same run: `python -m benchmarks`."""
