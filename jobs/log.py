"""How the service logs: identifiers and counts, never answers; one line a page, one a run; to standard error."""

from __future__ import annotations

import logging
import sys

import structlog

from jobs.settings import LogSettings


def open_log(settings: LogSettings, *, is_watched: bool = False) -> None:
    """Set up logging for this process: JSON lines for machines, coloured text for people.

    is_watched: somebody looks at a progress bar; only warnings may come between.
    """
    level = logging.getLevelNamesMapping()[settings.level]
    if is_watched:
        level = max(level, logging.WARNING)
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
