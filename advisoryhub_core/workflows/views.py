"""The decision about a review at its address of the HTTP contract, `review/decide/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.view import view_config, view_defaults

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.advisories.views.deeds import DeedView
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Resource
from advisoryhub_core.workflows.deeds import REVIEW_DECISION


class ReviewNode(Resource):
    """`/advisories/{id}/review/`."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()


@view_defaults(context=ReviewNode, name="decide", permission=Cap.DECIDE_REVIEW)
class ReviewDecisionView(DeedView):
    """`/advisories/{id}/review/decide/`: the deed `decide-review`."""

    def __init__(self, context: ReviewNode, request: HubRequest) -> None:
        self.context = context.__parent__
        self.request = request
        self.deed = REVIEW_DECISION

    @view_config(request_method="GET")
    def show(self) -> Any:
        return super().show()

    @view_config(request_method="POST")
    def do(self) -> Any:
        return super().do()
