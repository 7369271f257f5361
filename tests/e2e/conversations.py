"""Conversations of our own writing, one side of each."""

AMELIE = (
    "Hi MIA! I'm Amélie, I have just moved to Porto and I do not know a soul here.",
    "Does anybody know a good bakery near the Bolhão market?",
    "My flat is on the fifth floor and there is no lift. My knees are not amused.",
    "The light over the river this morning was worth every one of those stairs!",
    "I work as a restorer of old maps. Yesterday I found a coffee stain from 1823 on one.",
    "What would you draw on a map that nobody will ever see?",
    "My brother is called Théo and he thinks that maps are a waste of paper.",
    "Is it petty to send him a paper map of his own street for his birthday?",
    "You know what, I'm a bit lonely tonight. It rains and the neighbours are having a party.",
    "Rain again. Sing me something, somebody.",
    "I went over in the end! They gave me caldo verde and taught me three swear words.",
    'Today\'s lesson: "bué" is not a misprint.',
    "I love swimming in cold water, but the ocean here is another matter entirely. 🥶",
    "Six minutes in the Atlantic in March. I have witnesses & no feeling in my toes.",
    "Do you remember what my brother is called?",
    "Quick question: do you ever get tired of questions?",
    "J'ai rêvé en portugais cette nuit, et je n'ai rien compris.",
    "Primeira vez que peço um café sem sotaque. O senhor respondeu em inglês.",
    "I will fly home on Friday for a week. Promise that you do not forget me?",
    "Packing for one week: eleven books, no socks.",
    "That's all for today. Thank you for listening, really.",
    "Good night, Porto.",
)
"""Somebody new in a city: home, work, family, mood, water, languages, a journey."""
