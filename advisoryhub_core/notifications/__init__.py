"""Telling people: events, recipients, inbox, preferences and mail."""
