"""Who may write: whoever knows the token."""

import hmac

from flask import request

from .problems import Problem
from .service import service


def require_token() -> None:
    """
    Lets pass a request that carries the token.

    Raises:
        Problem: 403 where no token is configured, 401 for an absent or a wrong one.
    """
    authorize(service().settings.token, request.headers.get("Authorization", ""))


def authorize(token: str | None, authorization: str) -> None:
    """
    Lets pass whoever sent *authorization*, where that names *token*.

    Raises:
        Problem: As `require_token`.
    """
    if token is None:
        raise Problem(
            403,
            "Read only",
            "This server takes no changes; start it with SCHOLARGRAPH_TOKEN set to allow them.",
        )
    scheme, _, given = authorization.partition(" ")
    # Compared in constant time, so that answering times do not spell the token out.
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        challenge = 'Bearer realm="scholargraph"'
        if given:
            challenge += ', error="invalid_token"'
        raise Problem(
            401,
            "Token needed",
            "Send the header Authorization: Bearer TOKEN with this server's token.",
            headers={"WWW-Authenticate": challenge},
        )
