"""Random acts by random people, compared with a model that was written from `lifecycle.md` alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from advisoryhub_core.advisories import payloads
from advisoryhub_core.errors import HubError
from tests.functional.lifecycle.model import GRANTS, MATURE, PEOPLE, PROJECTS, TEAMS, UNSORTED, Model
