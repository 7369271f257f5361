"""Job: what yesterday's model calls were and cost, told to the log."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import case, func, select
from sqlmodel import col

from mia_core.app import App
from mia_core.tables import ModelCall
from mia_core.xai.usage import TICKS_PER_USD
from mia_jobs.job import Counts


async def budget_report(app: App) -> Counts:
    """Calls, tokens and cost of the last whole UTC day."""
    today = datetime.combine(app.clock().date(), time(), tzinfo=UTC)
    yesterday = today - timedelta(days=1)
    failed = case((col(ModelCall.outcome) != "ok", 1), else_=0)
    sums = (failed, *(col(getattr(ModelCall, name)) for name in _TOKENS), col(ModelCall.cost_ticks))
    statement = select(func.count(), *(func.coalesce(func.sum(each), 0) for each in sums)).where(
        col(ModelCall.at) >= yesterday, col(ModelCall.at) < today
    )
    async with app.database.reading() as connection:
        calls, failures, *tokens, ticks = (await connection.execute(statement)).one()
    return {
        "day": yesterday.date().isoformat(),
        "calls": int(calls),
        "failed": int(failures),
        **{name: int(count) for name, count in zip(_TOKENS, tokens, strict=True)},
        "cost_usd": round(int(ticks) / TICKS_PER_USD, 4),
        "budget_usd": app.settings.xai.daily_budget_usd,
    }


_TOKENS = ("input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens")
