"""The keys that sign ID tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, RSAKey

from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.files import private_folder, write_private

_FILE_NAME = "signing-keys.json"
_KEY_BITS = 2048
_KEPT = 2


class SigningKeys:
    """RSA keys, newest first: the first one signs, the others still verify.

    With a folder they are kept there, in a file of mode 0600, and found again by the next provider.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = private_folder(folder) / _FILE_NAME if folder else None
        self._keys = self._load() or [_generate()]
        self._store()

    @property
    def signing_key(self) -> RSAKey:
        return self._keys[0]

    @property
    def verification_keys(self) -> KeySet:
        return KeySet(list(self._keys))

    def published(self) -> dict[str, Any]:
        """Return the public JWK set (RFC 7517 §5)."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def rotate(self) -> None:
        """Sign with a new key from now on; tokens of the last one stay verifiable."""
        self._keys = [_generate(), *self._keys][:_KEPT]
        self._store()

    def _load(self) -> list[RSAKey]:
        if self._path is None or not self._path.exists():
            return []
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
            return [RSAKey.import_key(key) for key in stored["keys"]]
        except (ValueError, KeyError, TypeError):
            raise PartFailed(
                "Identity provider", f"cannot read its keys in {self._path}: remove the file"
            ) from None

    def _store(self) -> None:
        if self._path is not None:
            stored = {"keys": [key.as_dict(private=True) for key in self._keys]}
            write_private(self._path, json.dumps(stored))


def _generate() -> RSAKey:
    return RSAKey.generate_key(_KEY_BITS, {"use": "sig", "alg": "RS256"}, auto_kid=True)
