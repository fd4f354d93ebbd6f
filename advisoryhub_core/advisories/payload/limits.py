"""How much a payload may hold: generous for any real advisory, small enough to store and show.

Lengths are in characters unless the name says bytes; counts are entries of one list.
"""

from __future__ import annotations

PAYLOAD_BYTES = 1024 * 1024
SUMMARY = 300
DETAILS_BYTES = 64 * 1024
URL = 2048
"""What a CVE record takes for a URL."""
IDENTIFIER = 128
ECOSYSTEM = 128
PACKAGE_NAME = 512
VERSION = 256
SEVERITY_SCORE = 512
CREDIT_NAME = 256
REASON = 4096
SLUG = 128

ALIASES = 100
REFERENCES = 500
"""A CVE record takes 512; a few are ours."""
AFFECTED = 500
RANGES = 100
EVENTS = 200
VERSIONS = 5000
SEVERITIES = 16
CWES = 32
CREDITS = 256
CONTACTS = 16
