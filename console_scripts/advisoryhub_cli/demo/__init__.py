"""The demonstration: invented people, projects and advisories, and how they come into a hub."""
