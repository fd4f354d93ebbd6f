"""A value that is fetched when it is needed and remembered for a while, by many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from advisoryhub_core.accounts.oidc.errors import ProviderUnavailable

T = TypeVar("T")


class Remembered(Generic[T]):
    """Holds what `fetch` returned for `ttl` seconds of `clock`.

    One thread fetches, the others wait for its answer. A failure is remembered for `pause` seconds, so
    that a provider that is down costs one time-out and not one for each waiting person.
    """

    def __init__(
        self, fetch: Callable[[], T], *, ttl: float, pause: float, clock: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._ttl = ttl
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[float, T] | None = None
        self._failed: tuple[float, ProviderUnavailable] | None = None
        self._renewed_at: float | None = None

    def get(self) -> T:
        """Return the value, fetching it if it is absent or old; raise `ProviderUnavailable`."""
        with self._lock:
            if self._held is not None and self._clock() - self._held[0] < self._ttl:
                return self._held[1]
            return self._renew()

    def renew(self, *, seen: T, interval: float) -> T:
        """Return a value newer than `seen`, or `seen` if this was asked for within `interval` seconds."""
        with self._lock:
            if self._held is not None and self._held[1] is not seen:
                return self._held[1]
            if self._renewed_at is not None and self._clock() - self._renewed_at < interval:
                return seen
            self._renewed_at = self._clock()
            return self._renew()

    def _renew(self) -> T:
        if self._failed is not None and self._clock() - self._failed[0] < self._pause:
            raise ProviderUnavailable(self._failed[1].what, self._failed[1].reason)
        try:
            value = self._fetch()
        except ProviderUnavailable as error:
            self._failed = (self._clock(), error)
            raise
        self._held, self._failed = (self._clock(), value), None
        return value
