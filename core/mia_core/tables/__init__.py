"""Every table, one file a noun. Import from here, so that the metadata is whole."""

from sqlmodel import SQLModel

from mia_core.tables.care import Care, CareCase, Disclosure
from mia_core.tables.conversation import Message, ModelCall, Session, Turn
from mia_core.tables.feeling import FeelingRow
from mia_core.tables.inbox import InboxRow, Mailbox
from mia_core.tables.legacy import LegacyAccount, Throttle
from mia_core.tables.memory import Confirmation, Forgotten, Memory, Publication
from mia_core.tables.operation import Credential, Cursor, Lease, LimitWindow, Meter, Note
from mia_core.tables.outbox import OutboxRow
from mia_core.tables.person import TERMINAL_PERSON, Person
from mia_core.tables.sign_in import Login, SignIn

metadata = SQLModel.metadata

__all__ = [
    "TERMINAL_PERSON",
    "Care",
    "CareCase",
    "Confirmation",
    "Credential",
    "Cursor",
    "Disclosure",
    "FeelingRow",
    "Forgotten",
    "InboxRow",
    "Lease",
    "LegacyAccount",
    "LimitWindow",
    "Login",
    "Mailbox",
    "Memory",
    "Message",
    "Meter",
    "ModelCall",
    "Note",
    "OutboxRow",
    "Person",
    "Publication",
    "Session",
    "SignIn",
    "Throttle",
    "Turn",
    "metadata",
]
