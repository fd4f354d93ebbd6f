"""Traversal below `/notifications/`, and `/advisories/{id}/notifications/`."""

from __future__ import annotations

from collections.abc import Iterable

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.web.resources import Resource, site_caps


class NotificationsNode(Resource):
    """`/notifications/`: one's own inbox and preferences."""

    def caps(self) -> Iterable[Cap]:
        return site_caps(self.request)


class AdvisoryNotifications(Resource):
    """`/advisories/{id}/notifications/`: what one wishes to hear of it, which is one's own matter."""

    __parent__: AdvisoryResource

    def caps(self) -> Iterable[Cap]:
        return (Cap.ACCOUNT,) if Cap.VIEW in self.__parent__.caps() else ()
