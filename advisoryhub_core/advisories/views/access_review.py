"""Putting the banner of an access review aside, at its address of the HTTP contract."""

from __future__ import annotations

from typing import Any

from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.reassignment_deeds import ACCESS_REVIEW
from advisoryhub_core.advisories.views.deeds import DeedNode, NestedDeedView


class AccessReviewNode(DeedNode):
    """`/advisories/{id}/access-review/`."""


@view_defaults(context=AccessReviewNode, name="dismiss", permission=Cap.MANAGE_ACCESS)
class AccessReviewView(NestedDeedView):
    """`/advisories/{id}/access-review/dismiss/`: the deed `dismiss-access-review`."""

    deed = ACCESS_REVIEW

    @view_config(request_method="GET")
    def show(self) -> Any:
        return super().show()

    @view_config(request_method="POST")
    def do(self) -> Any:
        return super().do()
