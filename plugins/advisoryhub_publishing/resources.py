"""Traversal: `/advisories/{id}/publish/` is a view; `/publication/tasks/{n}/…` are nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from advisoryhub_core.plugins.api import Cap, Resource, capabilities_on, whole_number
from advisoryhub_publishing.models import PublicationArtifact, PublicationTask


class PublicationRoot(Resource):
    """`/publication/`."""

    def __getitem__(self, name: str) -> Resource:
        if name != "tasks":
            raise KeyError(name)
        return TaskCollection(self.request, self, name)


class TaskCollection(Resource):
    """`/publication/tasks/`."""

    def lookup(self, name: str) -> Resource:
        """Return the task; `KeyError` for an unknown id and for one whose exports one may not see."""
        number = whole_number(name)
        if self.request.identity is None or number is None:
            raise KeyError(name)
        task = self.request.db.scalar(
            select(PublicationTask)
            .where(PublicationTask.id == number)
            .options(joinedload(PublicationTask.advisory))
        )
        if task is None:
            raise KeyError(name)
        node = TaskResource(self.request, self, name, task)
        if Cap.SEE_EXPORT not in node.caps():
            raise KeyError(name)
        return node


class TaskResource(Resource):
    """`/publication/tasks/{n}/`, with the capabilities of its advisory."""

    def __init__(self, request: Any, parent: Resource, name: str, task: PublicationTask) -> None:
        super().__init__(request, parent, name)
        self.task = task
        self._caps: frozenset[Cap] | None = None

    def caps(self) -> Iterable[Cap]:
        if self._caps is None:
            request = self.request
            self._caps = capabilities_on(request.db, request.registry, request.identity, self.task.advisory)
        return self._caps

    def __getitem__(self, name: str) -> Resource:
        if name != "artifact":
            raise KeyError(name)
        return ArtifactCollection(self.request, self, name)


class ArtifactCollection(Resource):
    """`/publication/tasks/{n}/artifact/`."""

    __parent__: TaskResource

    def lookup(self, name: str) -> Resource:
        artifact = self.request.db.scalar(
            select(PublicationArtifact).where(
                PublicationArtifact.task_id == self.__parent__.task.id, PublicationArtifact.kind == name
            )
        )
        if artifact is None:
            raise KeyError(name)
        return ArtifactResource(self.request, self, name, artifact)


class ArtifactResource(Resource):
    """`/publication/tasks/{n}/artifact/{kind}/`."""

    def __init__(
        self, request: Any, parent: ArtifactCollection, name: str, artifact: PublicationArtifact
    ) -> None:
        super().__init__(request, parent, name)
        self.artifact = artifact
        self._task_node = parent.__parent__

    def caps(self) -> Iterable[Cap]:
        return self._task_node.caps()
