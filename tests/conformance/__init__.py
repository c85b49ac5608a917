"""Conformance: what our engine answers beside what the real engines answered. `python tests/conformance/run.py --help`."""
