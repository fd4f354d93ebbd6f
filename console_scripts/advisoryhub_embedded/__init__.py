"""The embedded stack: PostgreSQL, Redis, sign-in, mail and a repository for one machine.

For development, demonstrations and tests only. It is the extra `advisoryhub[embedded]`; neither the
core nor a plugin imports it.
"""
