"""The append-only ledger and the access log."""
