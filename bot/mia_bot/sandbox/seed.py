"""The people whom a new sandbox begins with; all of them are invented."""

from datetime import datetime

from mia_bot.sandbox.records import Person, Snapshot
from mia_bot.sandbox.world import fresh_secret, new_app_keys

BOT_ID = 1_700_000_000_000_000_001

_PEOPLE = (
    ("amelie_roux", "Amélie Roux", "Bakes bread, loses keys."),
    ("kwame_asante", "Kwame Asante", "Night trains and long novels."),
    ("yuki_hoshino", "星野ゆき", "写真と猫。"),
    ("ana_ferreira", "Ana Ferreira", "Lisboa, bicicletas e café."),
    ("omar_haddad", "عمر حداد", "أحب الشعر والمشي ليلاً."),
    ("ilse_vinter", "Ilse Vinter", "Ceramics, mostly broken."),
    ("ravi_kulkarni", "रवि कुलकर्णी", "Cricket, chai, compilers."),
    ("mateo_luna", "Mateo Luna", "Toco la guitarra para mi perra."),
)


def new_person(
    person_id: int, username: str, name: str, *, created_at: datetime, description: str = "", premium: bool = False
) -> Person:
    """A person with fresh tokens."""
    oauth1 = f"{person_id}-{fresh_secret(16).get_secret_value()}"
    return Person.model_validate(
        {
            "id": person_id,
            "username": username,
            "name": name,
            "description": description,
            "created_at": created_at,
            "premium": premium,
            "bearer_token": fresh_secret(),
            "oauth1_token": oauth1,
            "oauth1_secret": fresh_secret(),
        }
    )


def first_state(bot_username: str, *, bot_premium: bool, now: datetime) -> Snapshot:
    """The bot's account (named MIA) and the invented people; the first of them has Premium."""
    bot = new_person(
        BOT_ID,
        bot_username,
        "MIA",
        created_at=now,
        description="An AI companion. Automated.",
        premium=bot_premium,
    )
    people = [
        new_person(BOT_ID + place, username, name, created_at=now, description=about, premium=place == 1)
        for place, (username, name, about) in enumerate(_PEOPLE, start=1)
    ]
    return Snapshot(app=new_app_keys(), people=(bot, *people))
