"""What the gate writes, inside the turn's transaction: protection, cases for operators, disclosures, counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from mia_core.app import App
from mia_core.inbox import Claim
from mia_core.statements import plain_insert, upsert
from mia_core.tables import Care, CareCase, Disclosure, metadata

CaseKind = Literal["age", "pause"]
Sign = Literal["child", "parent", "flood", "insults"]


@dataclass(frozen=True)
class Case:
    """Something for an operator to look at."""

    kind: CaseKind
    sign: Sign


@dataclass(frozen=True)
class CareChange:
    """What a turn changes of what protects a person, and her."""

    columns: Mapping[str, Any] = field(default_factory=dict)
    """Of the table `care`."""
    case: Case | None = None
    crisis: str | None = None
    """The level of a crisis, to be counted without anybody's name or words."""
    told_ai: bool = False
    """She says that she is an AI."""


NOTHING = CareChange()
"""No change."""
_COLUMNS = tuple(column.name for column in metadata.tables["care"].columns)


async def write_care(
    connection: AsyncConnection, app: App, claim: Claim, change: CareChange, now: datetime
) -> None:
    """Write the change; most turns have none, and cost no statement."""
    event, person_id = claim.events[-1], claim.person_id
    if change.columns:
        row = {**{name: getattr(claim.care, name) for name in _COLUMNS}, **change.columns}
        statement = upsert(app.database, Care, key=("person_id",), changed=tuple(change.columns))
        await connection.execute(statement, [row])
    if change.case:
        case = {
            "person_id": person_id,
            "id": app.ids(),
            "kind": change.case.kind,
            "sign": change.case.sign,
            "channel": event.source,
            "event_id": event.event_id,
            "opened_at": now,
            "state": "open",
        }
        await connection.execute(plain_insert(CareCase), [case])
    if change.told_ai:
        told = {"person_id": person_id, "channel": event.source, "told_at": now}
        statement = upsert(app.database, Disclosure, key=("person_id", "channel"), changed=("told_at",))
        await connection.execute(statement, [told])
    if change.crisis:
        await app.meters.count(connection, f"crisis.{change.crisis}")
