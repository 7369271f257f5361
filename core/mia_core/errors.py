"""Everything that can go wrong in core, as one tree.

    MiaError
    ├── OperatorError            the operator must mend it; `mia` exits with 2 and one sentence
    │   ├── SettingsError        config.toml or environment: names the key and what it should be
    │   ├── DatabaseError        not reachable, not migrated, locked
    │   └── VaultError           a key is missing, or the wrong one
    ├── ModelError               the one model call gave no answer (each says what the turn does)
    │   ├── ModelRefused         xAI or the model declined: a gentle reply, no retry
    │   ├── ModelGarbled         no JSON, the wrong JSON, an empty reply: asked again, then an apology
    │   │   └── ModelRejected    xAI calls this very request invalid: not asked again, an apology
    │   ├── ModelBusy            429, 5xx, time-outs, past the retries: the turn waits and tries again
    │   └── ModelHalted          wrong key, no money, model gone, day's budget spent: turns are parked
    ├── TokenRefused             X's token endpoint says no: whoever wanted in begins anew
    ├── TokenUnavailable         it could not be asked, or could not answer; heals by waiting
    └── LeaseLost                another worker holds the person now: nothing of this turn was written

What heals by waiting carries `retry_at`; no message holds a secret or a person's text.
"""

from datetime import datetime
from typing import ClassVar

from mia_core.xai.usage import CallRecord, Outcome


class MiaError(Exception):
    """Root of the tree."""


class OperatorError(MiaError):
    """The operator must mend it; the message is one sentence that says how."""

    exit_code = 2


class SettingsError(OperatorError):
    """A setting is missing or wrong; the message names its key."""


class DatabaseError(OperatorError):
    """The database cannot be used as it is."""


class VaultError(OperatorError):
    """Sealed data cannot be opened or made with the configured keys."""


class ModelError(MiaError):
    """The model gave no usable answer."""

    outcome: ClassVar[Outcome] = "busy"
    """What a call that ended so is recorded as."""
    calls: tuple[CallRecord, ...] = ()
    """Every HTTP call that was made for it, with what it cost; none if it was not even asked."""


class ModelRefused(ModelError):
    """Declined on grounds of safety; `check` is the name of the check, for counting."""

    outcome = "refused"

    def __init__(self, check: str) -> None:
        super().__init__(f"the model declined: {check}")
        self.check = check


class ModelGarbled(ModelError):
    """An answer came that is not the JSON that was asked for."""

    outcome = "garbled"


class ModelRejected(ModelGarbled):
    """xAI refuses this very request as invalid; other requests may well be answered."""


class ModelBusy(ModelError):
    """Overload or no connection, after all retries; `retry_at` says when to try again."""

    def __init__(self, reason: str, retry_at: datetime) -> None:
        super().__init__(f"the model is busy: {reason}")
        self.reason = reason
        self.retry_at = retry_at


class ModelHalted(ModelError):
    """No call can work until `retry_at`, or until the operator mends `reason`."""

    outcome = "halted"

    def __init__(self, reason: str, retry_at: datetime) -> None:
        super().__init__(f"model calls are halted: {reason}")
        self.reason = reason
        self.retry_at = retry_at


class TokenRefused(MiaError):
    """X gives no token, or does not end one."""


class TokenUnavailable(MiaError):
    """X's token endpoint cannot be reached, or fails."""


class LeaseLost(MiaError):
    """The lease lapsed and somebody else may hold the person: nothing was written."""
