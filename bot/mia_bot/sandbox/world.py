"""The sandbox's whole state in memory: people, posts, messages, media, tokens, and the indexes over them."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from pydantic import SecretStr

from mia_bot.sandbox.hub import Change, ChangeKind, Hub
from mia_bot.sandbox.records import (
    AccessToken,
    ActivitySubscription,
    AppKeys,
    Dm,
    Grant,
    Group,
    Media,
    Person,
    Post,
    Rule,
    Snapshot,
    Webhook,
)
from mia_bot.sandbox.snowflake import Snowflakes
from mia_bot.sandbox.timeline import Timeline
from mia_core.clock import Clock


def fresh_secret(nbytes: int = 24) -> SecretStr:
    """A random token that is safe in URLs and headers."""
    return SecretStr(secrets.token_hex(nbytes))


def new_app_keys() -> AppKeys:
    """Random keys for the developer app."""
    return AppKeys(bearer_token=fresh_secret(), consumer_key=fresh_secret(12), consumer_secret=fresh_secret())


class World:
    """Read its dictionaries and timelines freely; change it through its methods, which keep the indexes."""

    def __init__(self, snapshot: Snapshot, *, clock: Clock) -> None:
        self.clock = clock
        self.hub = Hub()
        self.app = snapshot.app
        self.people: dict[int, Person] = {}
        self.people_by_username: dict[str, Person] = {}
        self.people_by_token: dict[str, Person] = {}
        self.people_by_oauth1: dict[str, Person] = {}
        self.posts: dict[int, Post] = {}
        self.timeline = Timeline()
        self.posts_by_author: defaultdict[int, Timeline] = defaultdict(Timeline)
        self.posts_by_conversation: defaultdict[int, Timeline] = defaultdict(Timeline)
        self.posts_mentioning: defaultdict[int, Timeline] = defaultdict(Timeline)
        self.newest_saying: dict[tuple[object, ...], int] = {}
        self.replies_to: defaultdict[int, Timeline] = defaultdict(Timeline)
        self.dms: dict[int, Dm] = {}
        self.dms_by_person: defaultdict[int, Timeline] = defaultdict(Timeline)
        self.dms_by_conversation: defaultdict[str, Timeline] = defaultdict(Timeline)
        self.writers_to: defaultdict[int, set[int]] = defaultdict(set)
        self.groups: dict[str, Group] = {}
        self.media: dict[int, Media] = {}
        self.rules: dict[int, Rule] = {}
        self.activity_subscriptions: dict[int, ActivitySubscription] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.grants: dict[int, Grant] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self._restore(snapshot)
        self._ids = Snowflakes(clock, last=self._last_id())

    @property
    def now(self) -> datetime:
        """The moment by the clock that was passed in."""
        return self.clock()

    def next_id(self) -> int:
        """A fresh snowflake."""
        return self._ids.next()

    def snapshot(self) -> Snapshot:
        """Everything, as one frozen value."""
        return Snapshot(
            app=self.app,
            people=tuple(self.people.values()),
            posts=tuple(self.posts.values()),
            dms=tuple(self.dms.values()),
            groups=tuple(self.groups.values()),
            media=tuple(self.media.values()),
            rules=tuple(self.rules.values()),
            activity_subscriptions=tuple(self.activity_subscriptions.values()),
            webhooks=tuple(self.webhooks.values()),
            grants=tuple(self.grants.values()),
            access_tokens=tuple(self.access_tokens.values()),
        )

    def put_person(self, person: Person) -> None:
        """Add a person, or replace the one with the same id."""
        self.people[person.id] = person
        self.people_by_username[person.username.lower()] = person
        self.people_by_token[person.bearer_token.get_secret_value()] = person
        self.people_by_oauth1[person.oauth1_token.get_secret_value()] = person
        self._changed("person", person.id)

    def person_named(self, username: str) -> Person | None:
        """Who has that username, upper and lower case alike."""
        return self.people_by_username.get(username.lower())

    def add_post(self, post: Post) -> None:
        """Publish a post."""
        self.posts[post.id] = post
        for timeline in self._timelines_of(post):
            timeline.add(post.id)
        self.newest_saying[post.saying] = post.id
        self._changed("post", post.id)

    def remove_post(self, post_id: int) -> None:
        """Delete a post; replies to it stay."""
        post = self.posts.pop(post_id)
        for timeline in self._timelines_of(post):
            timeline.remove(post_id)
        if self.newest_saying.get(post.saying) == post_id:
            del self.newest_saying[post.saying]
        self._changed("post_deleted", post_id)

    def add_dm(self, dm: Dm) -> None:
        """Deliver a message to everyone in its conversation."""
        self.dms[dm.id] = dm
        self.dms_by_conversation[dm.conversation_id].add(dm.id)
        for person_id in dm.participant_ids:
            self.dms_by_person[person_id].add(dm.id)
            if person_id != dm.sender_id:
                self.writers_to[person_id].add(dm.sender_id)
        self._changed("dm", dm.id)

    def hide_dm(self, dm: Dm, person_id: int) -> None:
        """Take a message out of one person's sight, as X does on deletion."""
        self.dms[dm.id] = dm.model_copy(update={"hidden_from": dm.hidden_from | {person_id}})
        self._changed("dm_deleted", dm.id)

    def put_group(self, group: Group) -> None:
        """Add a group conversation."""
        self.groups[str(group.id)] = group
        self._changed("other", group.id)

    def put_media(self, media: Media) -> None:
        """Add a file, or replace it while it is being uploaded."""
        self.media[media.id] = media
        self._changed("other", media.id)

    def put_rule(self, rule: Rule) -> None:
        """Add a rule of the filtered stream."""
        self.rules[rule.id] = rule
        self._changed("other", rule.id)

    def remove_rule(self, rule_id: int) -> None:
        """Take a rule away."""
        del self.rules[rule_id]
        self._changed("other", rule_id)

    def put_activity_subscription(self, subscription: ActivitySubscription) -> None:
        """Add a subscription to activity, or replace it when it is changed."""
        self.activity_subscriptions[subscription.id] = subscription
        self._changed("other", subscription.id)

    def remove_activity_subscription(self, subscription_id: int) -> None:
        """Take a subscription to activity away."""
        del self.activity_subscriptions[subscription_id]
        self._changed("other", subscription_id)

    def put_webhook(self, webhook: Webhook) -> None:
        """Add a webhook, or replace it after a check."""
        self.webhooks[webhook.id] = webhook
        self._changed("other", webhook.id)

    def remove_webhook(self, webhook_id: int) -> None:
        """Take a webhook away; subscriptions that name it reach the stream alone."""
        del self.webhooks[webhook_id]
        self._changed("other", webhook_id)

    def put_grant(self, grant: Grant) -> None:
        """Add a grant, or replace it when its refresh token rotates."""
        self.grants[grant.id] = grant
        self._changed("other", grant.id)

    def end_grant(self, grant_id: int) -> None:
        """Revoke a grant with every token that came of it."""
        self.grants.pop(grant_id, None)
        self.access_tokens = {k: t for k, t in self.access_tokens.items() if t.grant_id != grant_id}
        self._changed("other", grant_id)

    def put_access_token(self, token: AccessToken) -> None:
        """Issue an access token, and forget those that have run out."""
        now = self.now
        self.access_tokens = {k: t for k, t in self.access_tokens.items() if t.expires_at > now}
        self.access_tokens[token.token.get_secret_value()] = token
        self._changed("other", token.grant_id)

    def end_access_token(self, token: str) -> None:
        """Revoke one access token."""
        ended = self.access_tokens.pop(token)
        self._changed("other", ended.grant_id)

    def _changed(self, kind: ChangeKind, item: int) -> None:
        self.hub.publish(Change(kind, item))

    def _timelines_of(self, post: Post) -> list[Timeline]:
        mentioned = {m.person_id for m in post.mentions} - {post.author_id}
        timelines = [
            self.timeline,
            self.posts_by_author[post.author_id],
            self.posts_by_conversation[post.conversation_id],
            *(self.posts_mentioning[person_id] for person_id in mentioned),
        ]
        if post.replied_to is not None:
            timelines.append(self.replies_to[post.replied_to])
        return timelines

    def _restore(self, snapshot: Snapshot) -> None:
        for person in snapshot.people:
            self.put_person(person)
        for post in snapshot.posts:
            self.add_post(post)
        for dm in snapshot.dms:
            self.add_dm(dm)
        self.groups = {str(group.id): group for group in snapshot.groups}
        self.media = {media.id: media for media in snapshot.media}
        self.rules = {rule.id: rule for rule in snapshot.rules}
        self.activity_subscriptions = {each.id: each for each in snapshot.activity_subscriptions}
        self.webhooks = {webhook.id: webhook for webhook in snapshot.webhooks}
        self.grants = {grant.id: grant for grant in snapshot.grants}
        self.access_tokens = {t.token.get_secret_value(): t for t in snapshot.access_tokens}

    def _last_id(self) -> int:
        stores: tuple[Iterable[int], ...] = (
            self.people,
            self.posts,
            self.dms,
            self.media,
            self.rules,
            self.activity_subscriptions,
            self.webhooks,
            self.grants,
            (group.id for group in self.groups.values()),
        )
        return max(chain.from_iterable(stores), default=0)
