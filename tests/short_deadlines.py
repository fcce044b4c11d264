"""The settings of a web process whose deadlines a test can wait for."""

from resume_site.settings import *  # noqa: F403

REQUEST_HEAD_SECONDS = 1.5
BODY_PIECE_SECONDS = 1.5
BODY_PIECE_BYTES = 16 * 1024
BODY_SECONDS = 6.0
BODY_ROOM_SECONDS = 1.0
REFUSED_BODY_SECONDS = 1.0
RESPONSE_STALL_SECONDS = 1.5
BODIES_AT_ONCE = 250
CONNECTIONS_AT_ONCE = 400
