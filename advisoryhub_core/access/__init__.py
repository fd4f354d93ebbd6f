"""Access to one advisory: grants."""
