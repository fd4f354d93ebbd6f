"""Background jobs on Celery."""
