"""The web face: sessions, CSRF, headers, errors, static files, template globals."""
