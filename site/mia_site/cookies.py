"""Cookies of the site: for its own pages alone, out of scripts' reach, and on TLS bound to its host."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True)
class Cookie:
    """One cookie. Over TLS its name says that no other host can have set it (`__Host-`)."""

    base_name: str
    https: bool

    @property
    def name(self) -> str:
        """As browsers know it."""
        return f"__Host-{self.base_name}" if self.https else self.base_name

    def of(self, request: Request) -> str:
        """What the browser sent; empty when it sent none."""
        return request.cookies.get(self.name, "")

    def set(self, response: Response, value: str, seconds: int) -> None:
        """Give it to the browser for so long."""
        response.set_cookie(
            self.name, value, max_age=seconds, path="/", secure=self.https, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        """Take it back."""
        response.delete_cookie(self.name, path="/", secure=self.https, httponly=True, samesite="lax")
