"""Conformance: what our engine answers beside what the real engines answered; see run.py."""
