"""Prose without a model: sentences chosen from written frames, filled with one company's record and one person's facts."""
