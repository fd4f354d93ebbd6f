"""The advisories of the demonstration, all of them invented, in every state that there is."""

from __future__ import annotations

from advisoryhub_cli.demo.advisories import devices, java, jetty, mosquitto, reports, web
from advisoryhub_cli.demo.story import Story

STORIES: tuple[Story, ...] = (
    *jetty.STORIES,
    *mosquitto.STORIES,
    *java.STORIES,
    *web.STORIES,
    *devices.STORIES,
    *reports.STORIES,
)
