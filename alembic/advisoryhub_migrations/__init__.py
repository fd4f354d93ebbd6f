"""The core's Alembic environment and migrations; a plugin keeps its own branch."""
