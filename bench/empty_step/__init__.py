"""A step that does nothing, and a bare Celery task that does the same: what lies between them is the engine."""
