"""What one person and one client may ask for."""

from __future__ import annotations

from resume_site.settings.environment import at_least, env, rate

_daily = env.str("DAILY_RESUMES_PER_PERSON", default="50")
DAILY_RESUMES_PER_PERSON = rate("DAILY_RESUMES_PER_PERSON", "50/day") if not _daily.isdecimal() else f"{_daily}/day"
"""A number of résumés a day, or a rate, or none."""
API_THROTTLE_ANON = rate("API_THROTTLE_ANON", "60/min")
API_THROTTLE_USER = rate("API_THROTTLE_USER", "600/min")
PHOTO_RETENTION_DAYS = at_least("PHOTO_RETENTION_DAYS", 30, 1)
PHOTO_LARGEST_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- what one client may hold of a web process: docs/decisions/0012 says why ----------------------
REQUEST_HEAD_BYTES = 32 * 1024
"""Of the request line and the headers together."""
REQUEST_HEAD_SECONDS = 10.0
"""From the connection, or the answer before, to the last header."""
BODY_BYTES = int(1.1 * 1024 * 1024)
UPLOAD_BODY_BYTES = PHOTO_LARGEST_BYTES + 1024 * 1024
"""Of a request that brings a photo: the photo and its form."""
BODY_PIECE_BYTES = 128 * 1024
BODY_PIECE_SECONDS = 15.0
"""So long may each piece of a body take, and its last bytes too: 9 KB a second, a very slow phone."""
BODY_SECONDS = 300.0
"""So long may a whole body take."""
BODIES_AT_ONCE = 500
"""Requests of one process whose body is still coming; the next one is answered with 503."""
BODY_UNRESERVED_BYTES = 128 * 1024
"""The beginning of each body, which is always taken: small requests are served while photos wait for room."""
BODIES_RESERVED_BYTES = 96 * 1024 * 1024
"""What the bodies of one process that are longer may come to, until each has its answer. Parsing and decoding a photo
holds it about four times over."""
BODY_ROOM_SECONDS = 30.0
"""So long may a body wait for room among the others before it is answered with 503."""
REFUSED_BODY_SECONDS = 2.0
"""So long is a refused body read and thrown away: a connection that is closed with unread bytes loses its answer."""
RESPONSE_STALL_SECONDS = 60.0
"""So long may a client take none of its answer, or of its event stream, before it is cut off."""
CONNECTIONS_AT_ONCE = 4096
"""Of one process, event streams among them; fewer where the system allows fewer open files."""

# Uploads lie in memory alone: a file would stay behind, with the place where the photo was taken, when the process is
# killed. `resume_site.bodies` bounds them before Django reads them.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_BODY_BYTES
