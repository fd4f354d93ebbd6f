"""Public documents built from a pinned payload: OSV, CSAF 2.0 and CVE 5.1 (INV-VERSION-3).

Pure functions: the same payload, publication history and publisher give the same bytes.
"""
