"""The parts of the demo company's generator; the command is `bench.demo_company`."""
