"""Advisories: rows and versions, payload, permissions, pages."""
