"""What a check of a document says."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One remark: an error forbids publication, a warning is shown to the author.

    `rule` is the schema or the number of the test, `place` a JSON pointer into the document
    (or a dotted payload field for what a format cannot hold).
    """

    level: Literal["error", "warning"]
    rule: str
    place: str
    message: str
