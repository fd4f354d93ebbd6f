"""Plugins: loading them, and the API they are written against (`api`)."""
