"""The two roots of every error, and what becomes of the message that met it.

BatonError
├── PermanentError        recorded in the dead letters with its reason, then acknowledged
│   ├── ConfigurationError    catalogue, topology or settings say something that can't work
│   ├── BadRequestError       a request names what does not exist, or a window that can't be
│   ├── ContractError         the source's answer or a file is not what the catalogue promises
│   └── HeldBackError         an effect too large to happen without an operator's word
└── TransientError        raised: Pub/Sub delivers the message again
    └── DeadlineError         the time is over; what is done is checkpointed

Anything else that is raised counts as transient, because only a person can tell otherwise: after
the subscription's last attempt it ends in the dead letters too. `shared.stage` is the one place
that decides.
"""


class BatonError(Exception):
    """Everything that Baton raises on purpose."""


class PermanentError(BatonError):
    """Delivering the message again can't help."""


class ConfigurationError(PermanentError):
    """The catalogue, the topology or a setting is wrong; the message says where."""


class BadRequestError(PermanentError):
    """A request asks for what does not exist; the message lists what does."""


class ContractError(PermanentError):
    """Data is not what its catalogue entry promises: columns, totals, dates or types."""


class HeldBackError(PermanentError):
    """The step would remove more than its dataset allows; an operator can confirm it."""


class TransientError(BatonError):
    """It may work the next time."""


class DeadlineError(TransientError):
    """The function's time is nearly over."""
