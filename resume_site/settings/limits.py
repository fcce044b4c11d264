"""Limits for one person and for one client."""

from __future__ import annotations

from resume_site.settings.environment import at_least, env, rate

_daily = env.str("DAILY_RESUMES_PER_PERSON", default="50")
DAILY_RESUMES_PER_PERSON = rate("DAILY_RESUMES_PER_PERSON", "50/day") if not _daily.isdecimal() else f"{_daily}/day"
"""A number of résumés a day, a rate, or none."""
API_THROTTLE_ANON = rate("API_THROTTLE_ANON", "60/min")
API_THROTTLE_USER = rate("API_THROTTLE_USER", "600/min")
PHOTO_RETENTION_DAYS = at_least("PHOTO_RETENTION_DAYS", 30, 1)
PHOTO_LARGEST_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- limits of a web process for each client and in all: docs/decisions/0012 gives the reasons ------
REQUEST_HEAD_BYTES = 32 * 1024
"""The most bytes of request line and headers together."""
REQUEST_HEAD_SECONDS = 10.0
"""From the opening of the connection, or the end of the last answer, to the last header."""
BODY_BYTES = int(1.1 * 1024 * 1024)
UPLOAD_BODY_BYTES = PHOTO_LARGEST_BYTES + 1024 * 1024
"""The most bytes of a request with a photo: the photo and its form."""
BODY_PIECE_BYTES = 128 * 1024
BODY_PIECE_SECONDS = 15.0
"""The most time for each piece of a body, the last one included: 9 KB a second, a very slow phone."""
BODY_SECONDS = 300.0
"""The most time for a whole body."""
BODIES_AT_ONCE = 500
"""The most requests of one process whose body is still incomplete. Further ones are answered with 503."""
BODY_UNRESERVED_BYTES = 128 * 1024
"""This much of each body needs no reservation, so small requests are served while photos wait for memory."""
BODIES_RESERVED_BYTES = 96 * 1024 * 1024
"""The most bytes of all longer bodies of one process, each until its request is answered. Parsing and decoding a photo
needs about four times its size."""
BODY_ROOM_SECONDS = 30.0
"""How long a body may wait for memory before the request is answered with 503."""
REFUSED_BODY_SECONDS = 2.0
"""How long a refused body is read and discarded: closing with unread bytes could lose the answer."""
RESPONSE_STALL_SECONDS = 60.0
"""How long a client may read nothing of its answer or event stream before the connection is reset."""
CONNECTIONS_AT_ONCE = 4096
"""The most connections of one process, event streams included; fewer if the system allows fewer open files."""

# Uploads stay in memory. A temporary file would remain when the process is killed, with the location in the photo's
# metadata. `resume_site.bodies` limits uploads before Django reads them.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_BODY_BYTES
