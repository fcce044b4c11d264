"""The workshop where the suits of the portraits are made: modelled in numbers, rendered by Blender. See README.md."""
