"""Random acts by random people, compared with a model that was written from `lifecycle.md` alone."""

from __future__ import annotations
