"""Events: one DM, mention or spoken message, parsed once where it came in."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Source = Literal["dm", "mention", "voice", "terminal"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(_Value):
    """Who wrote, as the source describes them."""

    person_id: int = Field(description="The X id as a number; negative for someone without one.")
    username: str = ""
    name: str = ""
    about: str = Field("", description="Their own words about themselves.")
    is_bot: bool = False


class Image(_Value):
    """A picture that came with a message."""

    url: str = Field(description="https address, or a data: URL.")
    alt: str = ""


class ThreadPost(_Value):
    """A post that stands above a mention, or that it quotes."""

    post_id: str
    author: str = Field(description="Name without @; empty when X does not say.")
    text: str
    by_mia: bool = False
    quoted: bool = Field(False, description="Quoted by the mention, not above it.")
    images: tuple[Image, ...] = ()


class Event(_Value):
    """What came in. Everything that a turn may know of the outside is in here."""

    source: Source
    event_id: str = Field(min_length=1, description="The source's own id; unique for a person and source.")
    author: Author
    at: AwareDatetime = Field(description="When it was written, by the source's clock.")
    text: str = ""
    language: str | None = Field(None, description="BCP-47, where the source tells.")
    conversation: str = Field(description="The source's id of the conversation.")
    address: str = Field(description="What an answer is addressed to: a post's id, or the person's X id.")
    images: tuple[Image, ...] = ()
    attachments: int = Field(0, ge=0, description="Attachments that are not images, e.g. videos.")
    thread: tuple[ThreadPost, ...] = Field((), description="Posts above, oldest first, then quoted ones.")

    @property
    def pictures(self) -> str | None:
        """What its pictures show, as far as X has it in words."""
        return " ".join(image.alt for image in self.images if image.alt) or None

    @property
    def public(self) -> bool:
        """Whether others can read it, and so will read the answer."""
        return self.source == "mention"
