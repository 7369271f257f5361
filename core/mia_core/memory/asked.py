"""Whether a person asks, in so many words, that something be remembered."""

import regex

_CLAUSE = regex.compile(r"[^.!?;\n。！？；؟]+[?？؟]?")
"""A clause, with its question mark: "remember?" asks for something else."""
_ASKS = {
    "en": (
        r"(?:(?:hey|ok|okay|oh|so|and|but|also|please|pls|mia|just|can you|could you|will you|would you|"
        r"i want you to|i'd like you to|i need you to|you should|you can|make sure (?:you|to)|always|do)[\s,:]+)*"
        r"(?:remember|keep in mind|make a note|take note|note down|don't (?:ever )?forget|"
        r"do not forget|never forget)"
        r"(?:[\s,:]+(?:please|for me))?"
        r"(?:[\s,:]+(?!what\b|when\b|where\b|if\b|whether\b|how\b|who\b|the time\b)\S|$)"
    ),
    "es": r"(?:por favor|mia|oye|y|pero|puedes|podrías|quiero que|no te olvides de|[\s,:])*"
    r"(?:recuerda|recuérdalo|recuerdes|recordar|acuérdate|no (?:te )?olvides|ten en cuenta|apunta)\b(?! cuando\b)",
    "pt": r"(?:por favor|mia|olha|e|mas|podes|você pode|pode|quero que|[\s,:])*"
    r"(?:lembre(?:-se)?|lembra(?:-te)?|lembres?|lembrar|recorde|não (?:se )?esqueça|não (?:te )?esqueças|"
    r"anota|anote|guarde|tenha em mente)\b",
    "fr": r"(?:s'il te plaît|stp|mia|et|mais|tu peux|peux-tu|je veux que tu|[\s,:])*"
    r"(?:souviens-toi|souvenez-vous|te souviennes|rappelle-toi|retiens|retenir|n'oublie(?:s)? pas|note)\b",
    "de": r"(?:bitte|mia|und|aber|kannst du|könntest du|ich möchte,? dass du|[\s,:])*"
    r"(?:(?:dir )?merke? (?:dir|es|das)|dir .{0,80}?merken|denk(?:e)? (?:bitte )?daran|erinnere dich daran|"
    r"vergiss (?:bitte )?nicht|behalte? (?:das )?im kopf|notiere?)\b",
    "it": r"(?:per favore|mia|e|ma|puoi|potresti|voglio che|[\s,:])*"
    r"(?:ricorda(?:ti)?|ricordare|ricordati|tieni a mente|non (?:ti )?dimenticar(?:e|ti)?|annota|segnati)\b",
    "tr": r".*?(?:unutma(?!d)|hatırla(?!d|m|y|r)|aklında tut|not al)",
    "id": r"(?:tolong|mia|dan|tapi|bisakah kamu|bisa|[\s,:])*"
    r"(?:ingat(?:lah)?|ingat-ingat|jangan lupa(?:kan)?|catat)\b(?! (?:nggak|gak|tidak))",
    "hi": r".*?(?:याद रख(?:ना|ो|ें|िए|िएगा)|मत भूल(?:ना|ो)|भूलना मत)",
    "ar": r"(?:من فضلك|ميا|و|لكن|هل يمكنك أن|[\s,:])*(?:تذكر(?:ي)?|لا تنس(?:ي|ى)?|ضع في اعتبارك|احفظ)\b",
    "ja": r".*(?:覚えて(?:おいて|て|ください|ね|くれ)|忘れないで)",
    "ko": r".*(?:기억해\s?(?:줘|둬|주세요|두세요|라)|기억해$|잊지\s?(?:마|말아|마세요))",
}
"""A clause that asks for it, from its beginning; by language, and each counts in every language."""
_AROUND = " ,:-–—\"'“”«»"
_NEVER = regex.compile(
    r"do you (?:still )?remember|don't remember|do not remember|don't have to remember|no recuerdes|não lembre|"
    r"não se lembre|ne (?:te )?souviens pas|ne retiens pas|merk dir (?:das |es )?(?:bitte )?nicht|non ricordare|"
    r"jangan ingat|hatırlama(?!k)|याद मत|لا تتذكر|覚えないで|覚えていますか|覚えてる|기억하지\s?마|기억해\?",
    regex.IGNORECASE,
)


def asked_to_keep(text: str) -> bool:
    """Whether a clause asks her to remember, as "remember that …" does and "do you remember …" does not."""
    clauses = (clause.strip(_AROUND) for clause in _CLAUSE.findall(text.casefold().replace("’", "'")))
    return any(_ASKED.match(clause) and not _NEVER.search(clause) for clause in clauses if clause)


_ASKED = regex.compile("|".join(f"(?:{pattern})" for pattern in _ASKS.values()))
