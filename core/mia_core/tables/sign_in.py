"""Who is signed in on the site, and who is on the way there by X."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mia_core.tables.types import Moment, of_person, own_id


class SignIn(SQLModel, table=True):
    """A browser in which a person is signed in. The secret in its cookie is kept as a hash alone."""

    __tablename__ = "sign_in"

    person_id: int = of_person()
    id: int = own_id()
    digest: str = Field(description="SHA-256 of the cookie's secret, in hex.")
    browser: str = Field(description="Family and system, as in Firefox on Android.")
    signed_in_at: datetime = Field(
        sa_type=Moment, description="When X last told who it is; dangerous acts ask for a late one."
    )
    seen_at: datetime = Field(sa_type=Moment, description="The latest visit, to five minutes.")
    ends_at: datetime = Field(sa_type=Moment, description="Valid until then; ended by hand: the moment of that.")
    sealed_token: bytes | None = Field(
        default=None, description="X's token, sealed; revoked at X and removed when the sign-in ends."
    )


class Login(SQLModel, table=True):
    """A browser that was led to X and has not come back. It can come back once."""

    __tablename__ = "login"

    digest: str = Field(primary_key=True, description="SHA-256 of OAuth's `state`, in hex.")
    browser_digest: str = Field(description="SHA-256 of the secret that the browser was given in a cookie.")
    sealed_verifier: bytes = Field(description="The code verifier (RFC 7636), sealed.")
    next_path: str = Field(description="Where on the site the person was going.")
    began_at: datetime = Field(sa_type=Moment, index=True)
