"""Questionnaires for tests of the kiosk, in all languages that it speaks."""

from typing import Any

from tillsight_models.surveys import Survey, read_survey

LANGUAGES = ("en", "it", "de", "ar")


def texts(*words: str) -> dict[str, str]:
    """One text in each language; a single one is the same in all."""
    return dict(zip(LANGUAGES, words if len(words) > 1 else words * len(LANGUAGES), strict=True))


def option(id: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "text": texts(*(words or (id,))), **more}


def question(id: str, kind: str, *words: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "text": texts(*(words or (id,))), **more}


def survey_of(*questions: dict[str, Any], **more: Any) -> Survey:
    values = {"id": "exit", "version": 3, "languages": list(LANGUAGES), "questions": list(questions)}
    return read_survey({**values, **more})


WHY = question(
    "why",
    "reason",
    *(
        "What could be better?",
        "Che cosa potremmo migliorare?",
        "Was können wir besser machen?",
        "ما الذي يمكن أن يكون أفضل؟",
    ),
    options=[
        option(
            "queue",
            "The queue was too long",
            "La coda era troppo lunga",
            "Die Schlange war zu lang",
            "طابور طويل جدا",
        ),
        option("staff", "Staff", "Il personale", "Das Personal", "الموظفون"),
        option("choice", "Too little choice", "Poca scelta", "Zu wenig Auswahl", "خيارات قليلة"),
        option("price", "Prices", "I prezzi", "Die Preise", "الأسعار"),
        option("clean", "Cleanliness", "La pulizia", "Die Sauberkeit", "النظافة"),
        option("other", "Something else", "Qualcos'altro", "Etwas anderes", "شيء آخر"),
    ],
    show_if=[{"question": "rating", "at_most": 2}],
)
LIKELY = question(
    "likely",
    "nps",
    *(
        "How likely are you to recommend us to a friend?",
        "Con quale probabilità ci consiglierebbe a un amico?",
        "Wie wahrscheinlich ist es, dass Sie uns einem Freund empfehlen?",
        "ما مدى احتمال أن توصي بنا لصديق؟",
    ),
    ends={
        "en": ("not at all", "very likely"),
        "it": ("per niente", "moltissimo"),
        "de": ("gar nicht", "sehr wahrscheinlich"),
        "ar": ("غير محتمل", "محتمل جدا"),
    },
)
CAME_FOR = question(
    "came-for",
    "multiple",
    *("What did you come for?", "Che cosa cercava?", "Wofür sind Sie gekommen?", "لماذا أتيت اليوم؟"),
    options=[
        option("bread", "Bread", "Pane", "Brot", "خبز"),
        option("fruit", "Fruit and vegetables", "Frutta e verdura", "Obst und Gemüse", "فواكه وخضروات"),
        option("meat", "Meat", "Carne", "Fleisch", "لحم"),
        option("wine", "Drinks", "Bevande", "Getränke", "مشروبات"),
        option("home", "Household goods", "Prodotti per la casa", "Haushaltswaren", "أدوات منزلية"),
    ],
    show_if=[{"question": "likely", "at_most": 8}],
)
SATISFIED = question(
    "satisfied",
    "matrix",
    *(
        "How satisfied are you with ...",
        "Quanto è soddisfatto di ...",
        "Wie zufrieden sind Sie mit ...",
        "ما مدى رضاك عن ...",
    ),
    options=[
        option("air", "the air", "l'aria", "der Luft", "الهواء"),
        option("light", "the light", "la luce", "dem Licht", "الإضاءة"),
    ],
    points=[1, 5],
)
WORDS = question(
    "words",
    "text",
    *(
        "What else should we know?",
        "Che altro dovremmo sapere?",
        "Was sollten wir noch wissen?",
        "ماذا يجب أن نعرف أيضا؟",
    ),
)


def store_survey(**more: Any) -> Survey:
    """A reason after a bad rating; then branching questions of every kind."""
    return survey_of(WHY, LIKELY, CAME_FOR, SATISFIED, WORDS, **more)
