"""The machines beside the state: reviews, CVE requests, orphaned numbers."""
