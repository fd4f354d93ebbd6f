"""Traversal below `/advisories/{id}/comments/`."""

from __future__ import annotations

from collections.abc import Iterable

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.comments.judging import capabilities_on_comment
from advisoryhub_core.comments.models import Comment
from advisoryhub_core.comments.timeline import find_comment
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.resources import Resource


class CommentCollection(Resource):
    """`/advisories/{id}/comments/`."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return self.__parent__.caps()

    @property
    def advisory_resource(self) -> AdvisoryResource:
        return self.__parent__

    def lookup(self, name: str) -> Resource:
        """Return the comment; `KeyError` for an unknown one and for one that may not be seen, alike."""
        number = whole_number(name)
        above = self.__parent__
        comment = number and find_comment(self.request.db, above.advisory, above.caps(), number)
        if not comment:
            raise KeyError(name)
        return CommentResource(self.request, self, name, comment)


class CommentResource(Resource):
    """`/advisories/{id}/comments/{n}/`; n is the comment's id, which is its anchor too."""

    __parent__: CommentCollection

    def __init__(self, request: object, parent: CommentCollection, name: str, comment: Comment) -> None:
        super().__init__(request, parent, name)
        self.comment = comment

    def caps(self) -> Iterable[Cap]:
        return capabilities_on_comment(self.request.act, self.advisory_resource.caps(), self.comment)

    @property
    def advisory_resource(self) -> AdvisoryResource:
        return self.__parent__.advisory_resource

    @property
    def path(self) -> str:
        return f"{self.advisory_resource.path}comments/{self.comment.id}/"
