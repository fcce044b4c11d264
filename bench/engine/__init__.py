"""The engine as it stands, with one more kind of step: a call to the bench's provider."""
