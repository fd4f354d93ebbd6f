"""Traversal below `/advisories/`: the collection, one advisory, its versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.queries import capabilities_on, find_visible, version_of
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.resources import Resource, site_caps


class AdvisoryCollection(Resource):
    """`/advisories/`: what one may see, and nothing that tells what one may not (INV-PRIVACY-1)."""

    def caps(self) -> Iterable[Cap]:
        return site_caps(self.request)

    def lookup(self, name: str) -> Resource:
        """Return the advisory; `KeyError` for an unknown and a forbidden id, by the same path."""
        if self.request.identity is None:
            raise KeyError(name)
        advisory = find_visible(self.request.db, self.request.identity, name)
        if advisory is None:
            raise KeyError(name)
        return AdvisoryResource(self.request, self, name, advisory)


class AdvisoryResource(Resource):
    """`/advisories/{id}/`. Its ACL is what `permissions.py` grants this request's person."""

    def __init__(self, request: Any, parent: Resource, name: str, advisory: Advisory) -> None:
        super().__init__(request, parent, name)
        self.advisory = advisory
        self._caps: frozenset[Cap] | None = None

    def caps(self) -> frozenset[Cap]:
        if self._caps is None:
            request = self.request
            self._caps = capabilities_on(request.db, request.registry, request.identity, self.advisory)
        return self._caps

    @property
    def path(self) -> str:
        return f"/advisories/{self.advisory.advisory_id}/"


class VersionCollection(Resource):
    """`/advisories/{id}/versions/`."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    def lookup(self, name: str) -> Resource:
        number = whole_number(name)
        version = number and version_of(self.request.db, self.__parent__.advisory, number)
        if not version:
            raise KeyError(name)
        return VersionResource(self.request, self, name, version)


class VersionResource(Resource):
    """`/advisories/{id}/versions/{n}/`."""

    __parent__: VersionCollection

    def __init__(self, request: Any, parent: VersionCollection, name: str, version: AdvisoryVersion) -> None:
        super().__init__(request, parent, name)
        self.version = version

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    @property
    def advisory_resource(self) -> AdvisoryResource:
        return self.__parent__.__parent__
