"""GET and PUT /sandbox/faults: what is set, and how often each kind has struck."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mia_bot.sandbox.faults.dice import Dice
from mia_bot.sandbox.faults.plan import FaultPlan


async def show(request: Request) -> Response:
    """GET /sandbox/faults"""
    return _described(request.app.state.dice)


async def change(request: Request) -> Response:
    """PUT /sandbox/faults: replaces what was set; an empty object switches all off."""
    dice: Dice = request.app.state.dice
    try:
        plan = FaultPlan.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        return JSONResponse({"error": f"{place}: {first['msg']}"}, 400)
    dice.follow(plan)
    return _described(dice)


def _described(dice: Dice) -> Response:
    return JSONResponse({**dice.plan.model_dump(mode="json"), "struck": dict(dice.struck)})


ROUTES = (
    Route("/sandbox/faults", show, methods=["GET"]),
    Route("/sandbox/faults", change, methods=["PUT"]),
)
