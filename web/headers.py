"""The headers that answers carry whatever they say: what browsers may do with them, and who."""

# `default-src 'self'` alone would forbid icons in data: URLs and pictures saved from blob: URLs.
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

READS = ("GET", "HEAD", "OPTIONS")
READERS_ELSEWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Expose-Headers": "Content-Disposition, ETag, Link, Retry-After",
    "Access-Control-Max-Age": "86400",
}
QUERIES = "/sparql"


def common(method: str, path: str) -> dict[str, str]:
    """
    The headers that an answer to *method* at *path* has unless it sets them itself.

    Any page of any site may read what anybody may read; queries by POST are reads too. Changes are
    not for them: whoever has the token does not use it from a web page.
    """
    return _READABLE if method in READS or path == QUERIES else SECURITY


_READABLE = SECURITY | READERS_ELSEWHERE
