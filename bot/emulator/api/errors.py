"""Refusals, as Telegram words them.

ApiError (error_code, description, parameters) is raised by whatever refuses a request and becomes the answer
`{"ok": false, "error_code": …, "description": …, "parameters": …}` with the HTTP status equal to error_code.
Refusals that Telegram does not know, of this server's own making, end in LOCAL.
"""

from typing import Any

LOCAL = "(local Bot API)"


class ApiError(Exception):
    """A refusal: `error_code` is also the HTTP status, `parameters` holds retry_after or migrate_to_chat_id."""

    def __init__(self, error_code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.error_code = error_code
        self.description = description
        self.parameters = parameters

    def answer(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.error_code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(text: str, **parameters: int) -> ApiError:
    """400 "Bad Request: TEXT"."""
    return ApiError(400, f"Bad Request: {text}", **parameters)


def forbidden(text: str) -> ApiError:
    """403 "Forbidden: TEXT"; final for the chat."""
    return ApiError(403, f"Forbidden: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    """429 with `parameters.retry_after`, in seconds."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def upgraded(migrate_to_chat_id: int) -> ApiError:
    """400 for a group that has become a supergroup, with the id that it has now."""
    text = "group chat was upgraded to a supergroup chat"
    return bad_request(text, migrate_to_chat_id=migrate_to_chat_id)
