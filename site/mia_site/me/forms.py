"""What the pages of one's own data share: ids in addresses, texts in forms, and the page before an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mia_site.ids import read_id
from mia_site.login.sign_ins import Visitor
from mia_site.pages import page


@dataclass(frozen=True)
class Act:
    """Something that cannot be taken back as easily as it is done: said before the button is there to press."""

    title: str
    what: Sequence[str]
    """What it does, when, and what stays; a paragraph each."""
    button: str
    back: str
    """Where one goes who does not want it."""
    quote: str = ""
    """The text that it is about."""
    warns: bool = True


def ask_first(request: Request, visitor: Visitor, act: Act) -> Response:
    """The page that says what an act does; its button sends the form to the address of the page."""
    return own_page(request, visitor, "me/act.html", {"act": act})


def own_page(
    request: Request,
    visitor: Visitor,
    template: str,
    context: dict[str, object],
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """A page of one's own data, with the token for its forms, and what the last act has done."""
    done = request.query_params.get("done", "")
    return page(
        request,
        template,
        {"visitor": visitor, "done": _DONE.get(done, ""), "person": visitor.person, **context},
        status,
    )


def go(path: str, done: str = "") -> Response:
    """On to a page after an act, which says what was done."""
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}done={done}" if done else path, HTTPStatus.SEE_OTHER)


def id_in(request: Request, name: str = "id") -> int:
    """The id in the address. What is somebody else's looks like what is not there: there is no such page."""
    found = read_id(str(request.path_params[name]))
    if found is None:
        raise not_there()
    return found


def number_of(request: Request, name: str) -> int | None:
    """A number among the parameters of the address; None when it is none."""
    return read_id(request.query_params.get(name, ""))


async def text_of(request: Request, name: str) -> str:
    """A text of the form as it was typed, without the white space around it."""
    value = (await request.form()).get(name, "")
    return value.strip() if isinstance(value, str) else ""


def not_there() -> HTTPException:
    """For what is not this person's, or not there."""
    return HTTPException(HTTPStatus.NOT_FOUND)


_DONE = {
    "corrected": "Corrected. MIA knows it in your words from now on.",
    "deleted": "Deleted. MIA no longer knows it, and will not learn it again.",
    "offered": "Offered. Somebody of the team reads that one sentence first; nobody else knows it until then.",
    "taken_back": "Taken back. MIA tells nobody from now on.",
    "messages_deleted": "Deleted.",
    "reset": "Done. MIA begins anew with you.",
    "saved": "Saved.",
    "ended": "Signed out there.",
    "approved": "Approved. MIA may tell it from now on, until its person takes it back.",
    "declined": "Declined. It stays between MIA and its person.",
    "decided_before": "That one was decided before, or taken back. Nothing has changed.",
    "joined": "Done. What the old account held is with you now; its meaning is searched within some hours.",
    "undone": "Done. The old account stands by itself again.",
}
"""What the last act has done, by the word in the address."""
