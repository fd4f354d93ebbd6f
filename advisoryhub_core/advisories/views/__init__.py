"""Pages of advisories: thin, over services and queries."""
