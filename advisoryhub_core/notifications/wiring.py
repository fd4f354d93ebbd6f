"""The notifications slice: subscribers, tasks, inbox, preferences."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.advisories.permissions import Cap
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.events import AdvisoryOpened
from advisoryhub_core.notifications import outbox, resources, settings, subscribers, tasks
from advisoryhub_core.notifications.services import mark_advisory_read
from advisoryhub_core.notifications.views import advisory_panel
from advisoryhub_core.web.resources import Root

_SWEEP_EVERY_SECONDS = 60
_DIGESTS_EVERY_SECONDS = 3600
# A batch may meet a slow mail server at each mail; below the queue's visibility timeout.
_DELIVERY_SECONDS = 900


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.include(subscribers)
    config.add_subscriber(mark_advisory_read, AdvisoryOpened)
    config.add_task(subscribers.HANDLE_TASK, tasks.handle)
    for name, body in ((outbox.DELIVER_TASK, tasks.deliver), (tasks.DIGEST_TASK, tasks.digest)):
        config.add_task(
            name,
            body,
            acks_late=True,
            reject_on_worker_lost=True,
            soft_time_limit=_DELIVERY_SECONDS,
            time_limit=_DELIVERY_SECONDS + 60,
        )
    config.add_task(outbox.CHANNEL_TASK, tasks.channel)
    config.add_task("notifications.digests", tasks.digests)
    config.add_task("notifications.sweep", tasks.sweep)
    config.add_periodic_task("notifications.digests", "notifications.digests", _DIGESTS_EVERY_SECONDS)
    config.add_periodic_task("notifications.sweep", "notifications.sweep", _SWEEP_EVERY_SECONDS)
    config.add_resource_child(Root, "notifications", resources.NotificationsNode)
    config.add_resource_child(AdvisoryResource, "notifications", resources.AdvisoryNotifications)
    config.add_advisory_panel("notifications", advisory_panel, Cap.VIEW, order=90)
    config.scan("advisoryhub_core.notifications.views")
