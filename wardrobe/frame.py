"""The frame that all plates share, in centimetres around the chin."""

PIXELS_PER_CM = 20
HALF_WIDTH = 26.0
TOP, BOTTOM = 6.0, -44.0
"""Over and under the chin."""
WIDTH, HEIGHT = round(2 * HALF_WIDTH * PIXELS_PER_CM), round((TOP - BOTTOM) * PIXELS_PER_CM)
CHIN = (HALF_WIDTH * PIXELS_PER_CM, TOP * PIXELS_PER_CM)
