"""The decision about a review at its address of the HTTP contract, `review/decide/`."""

from __future__ import annotations

from typing import Any

from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.views.deeds import DeedNode, NestedDeedView
from advisoryhub_core.workflows.deeds import REVIEW_DECISION


class ReviewNode(DeedNode):
    """`/advisories/{id}/review/`."""


@view_defaults(context=ReviewNode, name="decide", permission=Cap.DECIDE_REVIEW)
class ReviewDecisionView(NestedDeedView):
    """`/advisories/{id}/review/decide/`: the deed `decide-review`."""

    deed = REVIEW_DECISION

    @view_config(request_method="GET")
    def show(self) -> Any:
        return super().show()

    @view_config(request_method="POST")
    def do(self) -> Any:
        return super().do()
