"""Measurements. Never asserted in a test: machines differ, and these are noisy."""
