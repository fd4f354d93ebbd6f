"""What a builder says when it cannot build."""


class DocumentRefused(ValueError):
    """A document that cannot be built from what is given.

    `place` names what to mend: a setting (`publishing.…`) or a payload field (`affected`);
    the message says how, in words for an operator.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message
