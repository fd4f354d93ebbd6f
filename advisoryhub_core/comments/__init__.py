"""The discussion on an advisory, its timeline, and who has read what."""
