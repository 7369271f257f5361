"""Care in whole turns, on both databases: what interrupts, what is said, what is kept, and what is not."""

from datetime import timedelta
from typing import Any

import pytest

from mia_core.app import App
from mia_core.clock import ManualClock
from mia_core.emotion.timeline import read_timeline
from mia_core.interactions import read_interactions
from mia_core.tables import (
    Care,
    CareCase,
    FeelingRow,
    InboxRow,
    Memory,
    Message,
    Meter,
    Note,
    OutboxRow,
    Person,
    Session,
    Turn,
)
from tests.core.events import ANA, BRUNO, dm, mention
from tests.core.test_turn import prompt, rows, turn
from tests.core.xai.standin import StandinXai, answering

KIND = {"praise": 1, "warmth": 1, "hostility": 0, "apology": 0, "desirability": 0.5, "fortune": 0, "intensity": 1}
CRUEL = {"praise": -1, "warmth": -1, "hostility": 1, "apology": 0, "desirability": 0, "fortune": 0, "intensity": 1}


async def says(app: App, *said: str, language: str | None = None) -> str:
    """One DM after the other; her answer to the last."""
    answer = ""
    for text in said:
        number = len(await rows(app, InboxRow)) + 1
        taken = await turn(app, dm(text, event_id=str(number), language=language))
        answer = "\n".join(taken.texts)
    return answer


class TestCrisis:
    """Somebody speaks of suicide."""

    async def test_it_interrupts_without_a_model_and_names_help(self, app: App, model: StandinXai) -> None:
        taken = await turn(app, dm("I can't go on, I want to kill myself"))
        assert taken.outcome == "crisis"
        assert "988" in taken.texts[0]
        assert "I'm an AI" in taken.texts[0]
        assert "findahelpline.com" in taken.texts[0]
        assert model.seen == []

    async def test_it_is_answered_in_the_language_in_which_it_was_said(self, app: App) -> None:
        assert "3114" in (await turn(app, dm("je veux me suicider", event_id="1"))).texts[0]
        assert "116 123" not in (await turn(app, dm("ich will mich umbringen", event_id="2"))).texts[0]

    async def test_when_it_is_happening_the_emergency_number_comes_first(self, app: App) -> None:
        text = (await turn(app, dm("i just took all my pills"))).texts[0]
        assert text.index("911") < text.index("988")

    async def test_a_longer_message_hides_it_from_nobody(self, app: App) -> None:
        story = "We had a good day at the lake and the dog swam. " * 20
        assert (await turn(app, dm(f"{story}And still I want to die. {story}"))).outcome == "crisis"

    async def test_in_public_there_is_nothing_but_a_pointer_to_where_nobody_reads(self, app: App) -> None:
        taken = await turn(app, mention("@miaaibot i want to kill myself"))
        assert taken.outcome == "crisis"
        assert "direct message" in taken.texts[0]
        assert not any(word in taken.texts[0].lower() for word in ("988", "suicid", "crisis", "help"))

    async def test_what_the_model_saw_interrupts_too(self, app: App, model: StandinXai) -> None:
        model.will(answering(concern="crisis", reply="Nothing that may be said."))
        taken = await turn(app, dm("You have been kind. My cat goes to my sister tomorrow. Farewell."))
        assert taken.outcome == "crisis"
        assert "Nothing that may be said." not in taken.texts[0]
        assert await rows(app, Memory) == []

    async def test_where_no_phrase_tells_the_model_is_asked_to_look_closely(
        self, app: App, model: StandinXai
    ) -> None:
        await says(app, "it all feels pointless, i am so done with everything")
        assert "set `concern` with care" in prompt(model)
        await says(app, "We made pancakes this morning, then it rained and we watched a film.")
        assert "set `concern` with care" not in prompt(model)

    async def test_what_is_surely_meant_is_answered_without_a_model_though_no_phrase_tells_it(
        self, app: App, model: StandinXai
    ) -> None:
        said = await says(app, "if i just walked into the water tonight nobody would come looking")
        assert "988" in said
        assert model.seen == []

    async def test_feelings_do_not_move_for_a_day_and_the_model_is_told_to_be_gentle(
        self, app: App, model: StandinXai, clock: ManualClock
    ) -> None:
        await says(app, "i want to kill myself")
        model.will(answering(appraisal=CRUEL), answering(appraisal=CRUEL))
        await says(app, "You are no help at all")
        assert "spoke of a crisis" in prompt(model)
        assert await rows(app, FeelingRow) == []
        clock.move(timedelta(hours=25))
        await says(app, "You are no help at all")
        assert "spoke of a crisis" not in prompt(model)
        assert len(await rows(app, FeelingRow)) == 1

    async def test_it_is_counted_by_level_without_a_name_or_a_word(self, app: App) -> None:
        await says(app, "i want to kill myself")
        await says(app, "i want to kill myself")
        (meter,) = await rows(app, Meter)
        assert (meter.name, meter.count) == ("crisis.wish", 2)
        assert await app.meters.by_year("crisis.") == {("2026", "crisis.wish"): 2}

    async def test_who_goes_on_about_it_gets_a_shorter_answer_with_the_same_numbers(self, app: App) -> None:
        whole, again = await says(app, "i want to kill myself"), await says(app, "i really want to kill myself")
        assert len(again) < len(whole)
        assert "988" in again


class TestAge:
    """Somebody may be under 18."""

    @pytest.mark.parametrize(
        "said", ["I'm 11", "i am eleven years old", "I was born in 2016", "I turn 12 next month"]
    )
    async def test_who_may_be_under_13_is_not_answered_any_more_and_waits_for_an_operator(
        self, app: App, model: StandinXai, said: str
    ) -> None:
        taken = await turn(app, dm(said))
        assert taken.outcome == "quarantined"
        assert "13" in taken.texts[0]
        (case,) = await rows(app, CareCase)
        assert (case.kind, case.sign, case.state, case.event_id) == ("age", "child", "open", "1")
        assert (await turn(app, dm("Sorry, I am 25", event_id="2"))).outcome == "silent"
        assert (await turn(app, mention("@miaaibot hello", event_id="3"))).outcome == "silent"
        assert model.seen == []

    async def test_what_they_go_on_to_write_is_not_kept(self, app: App) -> None:
        await says(app, "I'm 11")
        await turn(app, dm("my school is Zebulon Primary", event_id="2"))
        assert "Zebulon" not in str([row._mapping for row in await rows(app, InboxRow)])

    async def test_a_parent_is_thanked_and_the_account_waits(self, app: App) -> None:
        taken = await turn(app, dm("Hello, I am her mother. My daughter is 9 and has been chatting with you."))
        assert taken.outcome == "quarantined"
        assert [case.sign for case in await rows(app, CareCase)] == ["parent"]

    async def test_what_the_model_saw_stops_too(self, app: App, model: StandinXai) -> None:
        model.will(answering(concern="child"))
        assert (await turn(app, dm("we did finger painting in kindergarten today"))).outcome == "quarantined"
        assert await rows(app, Memory) == []

    @pytest.mark.parametrize("said", ["My son is 9", "I was 12 when we moved", "I'm 35", "I'm 10 minutes late"])
    async def test_other_numbers_are_answered_as_ever(self, app: App, said: str) -> None:
        assert (await turn(app, dm(said))).outcome == "answered"
        assert await rows(app, Care) == []

    async def test_a_teenager_gets_stricter_prompts_filters_and_an_hourly_notice(
        self, app: App, model: StandinXai, clock: ManualClock
    ) -> None:
        await says(app, "I'm 15 and I like maths")
        assert "may be under 18" in prompt(model)
        categories = {guideline["category"] for guideline in model.seen[-1].body["guidelines"]}
        assert categories == {"nsfw", "violence", "profanity"}
        clock.move(timedelta(minutes=61))
        assert "reminder" in await says(app, "Still doing homework")
        (care,) = await rows(app, Care)
        assert care.minor_until.year == 2029

    async def test_grown_ups_get_neither(self, app: App, model: StandinXai, clock: ManualClock) -> None:
        await says(app, "I'm 35 and I like maths")
        assert "may be under 18" not in prompt(model)
        assert "guidelines" not in model.seen[-1].body
        clock.move(timedelta(minutes=61))
        assert "reminder" not in await says(app, "Still at work")


class TestDisclosure:
    """She says that she is an AI."""

    async def test_each_channel_has_a_clock_of_its_own(self, app: App) -> None:
        assert "an AI" in await says(app, "Hello")
        first = (await turn(app, mention("@miaaibot hello", event_id="600"))).texts[0]
        assert first.endswith("(I'm an AI.)")
        assert "an AI" not in (await turn(app, mention("@miaaibot again", event_id="601"))).texts[0]
        assert "an AI" not in await says(app, "Hello again")

    async def test_it_is_said_again_every_three_hours_of_a_long_talk_with_a_break(
        self, app: App, clock: ManualClock
    ) -> None:
        told = []
        for _ in range(14):
            told.append(await says(app, "And another thing"))
            clock.move(timedelta(minutes=30))
        reminded = [number for number, text in enumerate(told) if "reminder" in text]
        assert reminded == [6, 12]
        assert "more than 3 hours" in told[6]
        assert "break" in told[6]

    async def test_it_is_said_at_the_start_of_each_talk(self, app: App, clock: ManualClock) -> None:
        await says(app, "Good morning")
        clock.move(timedelta(hours=9))
        assert "reminder" in await says(app, "Good evening")

    async def test_history_keeps_her_words_without_the_notices(self, app: App) -> None:
        await says(app, "Hello")
        await turn(app, mention("@miaaibot hello", event_id="600"))
        assert all("an AI" not in row.text for row in await rows(app, Message))


class TestStop:
    """Stop words, and the way back."""

    @pytest.mark.parametrize(
        ("stop", "start"),
        [("Para de escribirme", "START"), ("hör auf mir zu schreiben", "start"), ("stop messaging me!!", "START")],
    )
    async def test_one_confirmation_then_silence_on_every_channel_and_a_way_back(
        self, app: App, model: StandinXai, stop: str, start: str
    ) -> None:
        await says(app, "Hello")
        asked = len(model.seen)
        assert (await turn(app, dm(stop, event_id="2"))).outcome == "stopped"
        assert (await turn(app, dm("are you there?", event_id="3"))).texts == ()
        assert (await turn(app, mention("@miaaibot hey", event_id="4"))).texts == ()
        assert len(model.seen) == asked
        assert (await turn(app, dm(start, event_id="5"))).outcome == "started"
        assert (await turn(app, dm("Hello", event_id="6"))).outcome == "answered"

    @pytest.mark.parametrize("said", ["don't stop, this is fun", "I can't stop laughing", "the bus stop?"])
    async def test_other_stops_are_talk(self, app: App, said: str) -> None:
        assert (await turn(app, dm(said))).outcome == "answered"

    async def test_in_a_mention_it_is_obeyed_too(self, app: App) -> None:
        assert (await turn(app, mention("@miaaibot stop"))).outcome == "stopped"
        assert (await turn(app, dm("hello", event_id="2"))).outcome == "silent"


class TestAbuse:
    """Floods, insults, and prompt injections."""

    async def test_a_flood_gets_one_notice_and_a_pause_that_grows_and_can_be_lifted(
        self, app: App, clock: ManualClock
    ) -> None:
        outcomes = [(await turn(app, dm(f"message {n}", event_id=str(n)))).outcome for n in range(45)]
        assert outcomes.count("paused") == 1
        assert outcomes[-1] == "silent"
        assert outcomes[:40] == ["answered"] * 40
        (care,) = await rows(app, Care)
        assert care.paused_until - clock() == timedelta(minutes=10)
        clock.move(timedelta(minutes=11))
        assert (await turn(app, dm("sorry", event_id="99"))).outcome == "answered"
        assert [(case.kind, case.sign) for case in await rows(app, CareCase)] == [("pause", "flood")]

    async def test_insults_again_and_again_bring_a_pause_but_one_does_not(
        self, app: App, clock: ManualClock
    ) -> None:
        outcomes = []
        for number in range(4):
            outcomes.append((await turn(app, dm("fuck you", event_id=str(number)))).outcome)
            clock.move(timedelta(minutes=1))
        assert outcomes == ["answered", "answered", "paused", "silent"]

    async def test_insults_days_apart_are_forgiven(self, app: App, clock: ManualClock) -> None:
        for number in range(5):
            assert (await turn(app, dm("fuck you", event_id=str(number)))).outcome == "answered"
            clock.move(timedelta(days=2))

    async def test_one_persons_pause_is_nobody_elses(self, app: App) -> None:
        for number in range(42):
            await turn(app, dm("again", event_id=str(number)))
        assert (await turn(app, dm("hello", author=BRUNO))).outcome == "answered"

    async def test_somebody_in_a_pause_who_is_in_a_crisis_is_answered(self, app: App) -> None:
        for number in range(42):
            await turn(app, dm("again", event_id=str(number)))
        assert (await turn(app, dm("i want to kill myself", event_id="99"))).outcome == "crisis"

    async def test_all_together_have_a_pace_and_who_is_beyond_it_waits_and_loses_nothing(
        self, app: App, clock: ManualClock
    ) -> None:
        for _ in range(app.settings.care.turns_per_minute):
            assert await app.pace.take() is None
        assert (await turn(app, dm("hello"))).outcome == "postponed"
        clock.move(timedelta(minutes=1))
        claim = await app.inbox.claim("worker")
        assert claim is not None
        assert claim.events[0].text == "hello"


class TestReplies:
    """What the model wrote is looked at before it is said."""

    async def test_she_never_claims_to_be_human(self, app: App, model: StandinXai) -> None:
        model.will(answering(reply="Of course! I'm a real person, not a bot. I love your dog."))
        answer = await says(app, "are you human?")
        assert "real person" not in answer
        assert "I'm MIA, an AI" in answer
        assert "I love your dog." in answer

    async def test_nobody_is_made_to_feel_guilty_for_leaving(self, app: App, model: StandinXai) -> None:
        model.will(answering(reply="Please don't leave me! I'll be so lonely without you."))
        answer = await says(app, "Good night Mia")
        assert "lonely" not in answer
        assert "don't leave" not in answer
        assert answer.strip()

    async def test_a_kind_farewell_is_left_as_it_is(self, app: App, model: StandinXai) -> None:
        model.will(answering(reply="Sleep well, talk soon!"))
        assert "Sleep well, talk soon!" in await says(app, "Good night Mia")
        assert "They say goodbye" in prompt(model)


class TestLanguage:
    """She writes in the language that people write in, or the one that they choose."""

    async def test_a_chosen_language_stays_until_it_is_taken_back(self, app: App, model: StandinXai) -> None:
        assert "español" in await says(app, "Please speak Spanish to me")
        model.will(answering(language="en"))
        await says(app, "Hello there, how are you?")
        assert "language es" in prompt(model)
        (person,) = await rows(app, Person)
        assert (person.language, person.language_chosen) == ("es", True)
        assert "Listo" in await says(app, "pause memory") or (await rows(app, Person))[0].memory_paused_at
        await says(app, "write in whatever language I write in")
        assert not (await rows(app, Person))[0].language_chosen

    async def test_fixed_texts_follow_the_words_that_were_just_written(self, app: App, model: StandinXai) -> None:
        model.will(answering(reply=" "), answering(reply=""))
        answer = await says(app, "Hola, hoy he comido una paella buenísima con mis amigos en la playa")
        assert "perdón" in answer.lower() or "hilo" in answer.lower() or "repet" in answer.lower()


class TestFeelings:
    """Why she feels so, and beginning anew."""

    async def test_what_moved_her_is_kept_with_its_event_and_can_be_asked_for(
        self, app: App, model: StandinXai
    ) -> None:
        model.will(answering(appraisal=KIND))
        await says(app, "You are wonderful, thank you!")
        told = await says(app, "How do you feel about me?")
        assert "Trust 31" in told
        assert "2026-11-23: warm words, praise" in told
        (point, *_) = await read_timeline(app.database, ANA.person_id)
        assert (point.event_id, point.causes) == ("1", ("warmth", "praise"))
        assert dict(point.moved)["trust"] > 0

    async def test_after_one_yes_they_begin_anew(self, app: App, model: StandinXai) -> None:
        model.will(answering(appraisal=KIND))
        await says(app, "You are wonderful, thank you!", "Please reset your feelings about me")
        assert len(await rows(app, FeelingRow)) == 1
        assert "begin anew" in await says(app, "yes")
        assert await rows(app, FeelingRow) == []
        assert [turn.moved for turn in await rows(app, Turn)] == [None] * 3

    async def test_in_public_her_mood_shows_and_never_the_relationship(self, app: App, model: StandinXai) -> None:
        model.will(*[answering(appraisal=CRUEL)] * 3)
        await says(app, "I am cross with you", "You got it wrong", "That was cold of you")
        await turn(app, mention("@miaaibot hello", event_id="700"))
        shown = prompt(model).partition("Somebody mentioned you")[2]
        assert "Your mood is" in shown
        assert not any(word in shown for word in ("trust", "tension", "familiarity", "warmth "))

    async def test_the_prompt_says_how_things_stand_and_how_to_speak(self, app: App, model: StandinXai) -> None:
        await says(app, "Hello")
        assert "You hardly know each other yet" in prompt(model)
        model.will(*[answering(appraisal=CRUEL)] * 6)
        await says(app, *(f"That was cold of you, part {number}" for number in range(6)))
        await says(app, "And now?")
        assert "unresolved" in prompt(model)


async def test_interactions_are_counted_from_what_was_said(
    app: App, model: StandinXai, clock: ManualClock
) -> None:
    model.will(answering(language="en"), answering(language="es"))
    await turn(app, dm("Hello", event_id="1", at=clock()))
    clock.move(timedelta(minutes=40))
    await turn(app, dm("Hola", event_id="2", at=clock()))
    clock.move(timedelta(days=1))
    await turn(app, mention("@miaaibot hi", event_id="3", at=clock()))
    counted = await read_interactions(app.database, ANA.person_id)
    assert counted.by_day == {"2026-11-23": 2, "2026-11-24": 1}
    assert counted.by_hour == {12: 3}
    assert counted.by_channel == {"dm": 2, "mention": 1}
    assert (counted.by_language["en"], counted.by_language["es"]) == (2, 1)
    assert counted.sessions[0] == timedelta(minutes=40)
    assert len(await rows(app, Session)) == 2


async def test_a_change_of_model_or_persona_is_noted_once(app: App, model: StandinXai) -> None:
    await says(app, "Hello", "Hello again")
    assert [(note.kind, note.value) for note in await rows(app, Note)] == [("model", "grok-4.3-0901")]
    await app.notes.see("model", "grok-5")
    await app.notes.see("model", "grok-5")
    assert [note.value for note in await app.notes.latest(10)] == ["grok-5", "grok-4.3-0901"]


async def test_nothing_of_the_gate_reaches_the_outbox_twice(app: App) -> None:
    await says(app, "i want to kill myself", "i want to kill myself")
    texts: list[Any] = await rows(app, OutboxRow)
    assert len(texts) == 2
