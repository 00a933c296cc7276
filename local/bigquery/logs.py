"""bqemulator's log, kept off the terminal."""

import logging
from typing import Any

import structlog


def silence(**_settings: Any) -> None:
    """Drop what bqemulator logs; also stands in for its own configuration of the log.

    That one, besides, replaces the handlers of the root logger with its own.
    """
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
