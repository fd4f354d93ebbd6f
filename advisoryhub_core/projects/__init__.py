"""Projects and their security teams."""
