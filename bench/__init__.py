"""Speed and size benchmarks, and the generator of synthetic companies."""
