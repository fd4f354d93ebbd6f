"""Publishing: the exact reviewed version as OSV, CSAF and CVE JSON, pushed to a Git repository."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.plugins.api import Cap, ExportRequested, Root, StateChanged, Tier, register_secret
from advisoryhub_publishing import messages, panel, remote, resources, services, settings, subscribers, tasks

_REAP_EVERY_SECONDS = 600
_RESEND_EVERY_SECONDS = 120


def includeme(config: Any) -> None:
    config.add_settings(settings.ALL)
    config.add_migrations("advisoryhub_publishing.migrations", "publishing")
    config.add_audit_actions(("publication.succeeded",), timeline_tier=Tier.VIEWER)
    config.add_audit_actions(
        (
            "publication.artifact_built",
            "publication.failed",
            "publication.pushed",
            "publication.requested",
            "publication.started",
            "publication.task_reaped",
        ),
        timeline_tier=Tier.COLLABORATOR,
    )
    config.add_timeline_sentences(messages.SENTENCES)
    config.add_resource_child(Root, "publication", resources.PublicationRoot)
    config.add_advisory_panel("publication", panel.render_panel, Cap.SEE_EXPORT, order=10)
    config.add_advisory_banner("publication", panel.render_banner, Cap.PUBLISH)
    config.add_subscriber(subscribers.queue_export, ExportRequested)
    config.add_subscriber(subscribers.keep_what_is_being_published, StateChanged)
    config.add_task(
        services.RUN_TASK,
        tasks.run,
        acks_late=True,
        reject_on_worker_lost=True,
        soft_time_limit=tasks.RUN_SOFT_LIMIT_SECONDS,
        time_limit=tasks.RUN_HARD_LIMIT_SECONDS,
    )
    config.add_task("publishing.reap", tasks.reap)
    config.add_task("publishing.resend", tasks.resend)
    config.add_periodic_task("publishing.reap", "publishing.reap", _REAP_EVERY_SECONDS)
    config.add_periodic_task("publishing.resend", "publishing.resend", _RESEND_EVERY_SECONDS)
    config.add_readiness_check(
        "publication_repository", remote.check_repository, setting_name=settings.READYZ_REPOSITORY.key
    )
    config.scan("advisoryhub_publishing.views")
    for secret in (settings.REPO_TOKEN, settings.REPO_SSH_KEY):
        value = config.registry.settings[secret.key]
        if value:
            register_secret(value)
