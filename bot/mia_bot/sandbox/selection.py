"""Which fields and expansions a request asks for, and in which of X's two spellings (tweet or post)."""

from dataclasses import dataclass
from typing import Literal

from mia_bot.sandbox.params import Query

Spelling = Literal["tweet", "post"]

POST_FIELDS = frozenset(
    [
        "article",
        "article_title",
        "attachments",
        "author_id",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "edit_history_tweet_ids",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "matched_media_notes",
        "media_metadata",
        "non_public_metrics",
        "note_request_suggestions",
        "note_tweet",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "username",
        "withheld",
    ]
)
USER_FIELDS = frozenset(
    [
        "affiliation",
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "most_recent_tweet_id",
        "name",
        "parody",
        "pinned_tweet_id",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscribes_to_you",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ]
)
MEDIA_FIELDS = frozenset(
    [
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ]
)
DM_FIELDS = frozenset(
    [
        "attachments",
        "created_at",
        "dm_conversation_id",
        "entities",
        "event_type",
        "id",
        "participant_ids",
        "referenced_tweets",
        "sender_id",
        "text",
    ]
)
OTHER_FIELDS = ("poll.fields", "place.fields")

EXPANSIONS = frozenset(
    [
        "affiliation.user_id",
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "entities.note.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "most_recent_tweet_id",
        "participant_ids",
        "pinned_tweet_id",
        "referenced_tweets.id",
        "referenced_tweets.id.attachments.media_keys",
        "referenced_tweets.id.author_id",
        "sender_id",
        "username",
    ]
)

_POST_SPELLING = {
    "note_post": "note_tweet",
    "edit_history_post_ids": "edit_history_tweet_ids",
    "most_recent_post_id": "most_recent_tweet_id",
    "pinned_post_id": "pinned_tweet_id",
    "affiliation": "affiliation.user_id",
    "referenced_posts": "referenced_tweets.id",
    "referenced_posts.id": "referenced_tweets.id",
    "referenced_posts.author_id": "referenced_tweets.id.author_id",
    "referenced_posts.id.author_id": "referenced_tweets.id.author_id",
}
_POST_FIELD_SPELLING = {**_POST_SPELLING, "referenced_posts": "referenced_tweets"}

_FIELD_OF_EXPANSION = {
    "attachments.media_keys": "attachments",
    "author_id": "author_id",
    "edit_history_tweet_ids": "edit_history_tweet_ids",
    "entities.mentions.username": "entities",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "participant_ids": "participant_ids",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "sender_id": "sender_id",
}


@dataclass(frozen=True)
class Selection:
    """Names in the tweet spelling, whichever was asked; the answer goes out in `spelling`."""

    spelling: Spelling
    post: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    dm: frozenset[str]
    expansions: frozenset[str]


def selection(query: Query) -> Selection:
    """Read the selection; raises X's 400 for a name that it does not know."""
    expansions = query.names("expansions", EXPANSIONS | _POST_SPELLING.keys())
    known_posts = POST_FIELDS | _POST_FIELD_SPELLING.keys()
    tweet_fields = query.names("tweet.fields", known_posts)
    post_fields = query.names("post.fields", known_posts)
    dm_fields = query.names("dm_event.fields", DM_FIELDS | {"referenced_posts"})
    user_fields = query.names("user.fields", USER_FIELDS | _POST_SPELLING.keys())
    for name in OTHER_FIELDS:
        query.names(name)
    new_words = {*expansions, *dm_fields, *user_fields} & _POST_SPELLING.keys() - {"affiliation"}
    asked = frozenset(_POST_SPELLING.get(name, name) for name in expansions)
    implied = frozenset(_FIELD_OF_EXPANSION[name] for name in asked if name in _FIELD_OF_EXPANSION)
    posts = frozenset(_POST_FIELD_SPELLING.get(name, name) for name in (*tweet_fields, *post_fields))
    dms = frozenset(_POST_FIELD_SPELLING.get(name, name) for name in dm_fields)
    return Selection(
        spelling="post" if not tweet_fields and (post_fields or new_words) else "tweet",
        post=posts | implied | {"id", "text", "edit_history_tweet_ids"},
        user=frozenset(_POST_SPELLING.get(name, name) for name in user_fields) | {"id", "name", "username"},
        media=frozenset(query.names("media.fields", MEDIA_FIELDS)) | {"media_key", "type"},
        dm=dms | implied | {"id", "text", "event_type"},
        expansions=asked,
    )
