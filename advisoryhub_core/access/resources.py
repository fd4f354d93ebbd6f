"""Traversal below `/advisories/{id}/access/`: one grant, one invitation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from advisoryhub_core.access.models import Grant, Invitation
from advisoryhub_core.access.queries import find_grant, find_invitation
from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.resources import Resource


class AccessResource(Resource):
    """`/advisories/{id}/access/`."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    @property
    def advisory_resource(self) -> AdvisoryResource:
        return self.__parent__

    @property
    def path(self) -> str:
        return f"{self.__parent__.path}access/"


class _Rows(Resource):
    __parent__: AccessResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    def number(self, name: str) -> int:
        """Return the row's number; `KeyError` for whoever may not manage access, and for what is none."""
        number = whole_number(name)
        if number is None or Cap.MANAGE_ACCESS not in self.caps():
            raise KeyError(name)
        return number


class GrantCollection(_Rows):
    """`/advisories/{id}/access/grants/`."""

    def lookup(self, name: str) -> Resource:
        grant = find_grant(self.request.db, self.__parent__.advisory_resource.advisory, self.number(name))
        if grant is None:
            raise KeyError(name)
        return GrantResource(self.request, self, name, grant)


class InvitationCollection(_Rows):
    """`/advisories/{id}/access/invitations/`."""

    def lookup(self, name: str) -> Resource:
        advisory = self.__parent__.advisory_resource.advisory
        invitation = find_invitation(self.request.db, advisory, self.number(name))
        if invitation is None:
            raise KeyError(name)
        return InvitationResource(self.request, self, name, invitation)


class GrantResource(Resource):
    """`/advisories/{id}/access/grants/{n}/`."""

    __parent__: GrantCollection

    def __init__(self, request: Any, parent: GrantCollection, name: str, grant: Grant) -> None:
        super().__init__(request, parent, name)
        self.grant = grant

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    @property
    def access(self) -> AccessResource:
        return self.__parent__.__parent__


class InvitationResource(Resource):
    """`/advisories/{id}/access/invitations/{n}/`."""

    __parent__: InvitationCollection

    def __init__(self, request: Any, parent: InvitationCollection, name: str, invitation: Invitation) -> None:
        super().__init__(request, parent, name)
        self.invitation = invitation

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    @property
    def access(self) -> AccessResource:
        return self.__parent__.__parent__
