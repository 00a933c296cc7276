"""bqemulator's application, with our routes before its own and no bare HTTP 500."""

import logging

from bqemulator.api.app import create_app
from bqemulator.api.dependencies import AppContext
from bqemulator.domain.errors import InvalidQueryError
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.bigquery.jobs import router

logger = logging.getLogger(__name__)


class FailuresAreBadRequests:
    """Answers an unforeseen exception with a 400.

    Google's client repeats a 500 for up to ten minutes, which looks like a hang.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer in its stead if it raises before its answer starts."""
        started = False

        async def observe(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except Exception as error:
            if started:
                raise
            logger.debug("%s failed", scope.get("path"), exc_info=True)
            failure = InvalidQueryError(f"{type(error).__name__}: {error}")
            answer = JSONResponse(failure.to_bigquery_error(), failure.http_status)
            await answer(scope, receive, send)


def create_strict_app(context: AppContext) -> FastAPI:
    """What bqemulator's server serves in place of its own application."""
    app = create_app(context)
    theirs = list(app.router.routes)
    app.router.routes.clear()
    app.include_router(router)
    app.router.routes.extend(theirs)
    app.user_middleware.append(Middleware(FailuresAreBadRequests))  # The last is the innermost.
    return app
