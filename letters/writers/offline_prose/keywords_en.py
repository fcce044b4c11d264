"""What acting on a value looks like at work, in English: verb phrases in their base form."""

from __future__ import annotations

import re

GROUPS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "책임감",
        ("responsibility", "ownership", "promise-keeping", "sense of mission"),
        (
            "finish the last check myself before I call a task done",
            "look for the cause of a problem before looking for an excuse",
            "give early notice when a date is at risk and offer another way",
            "hold the unseen parts of a task to the same standard",
        ),
    ),
    (
        "도전",
        ("challenge", "boldness", "pioneering", "enterprise"),
        (
            "break an unfamiliar task into small parts and try one at once",
            "take one concrete change out of every failed attempt",
            "check other routes one by one when the usual one is blocked",
            "raise my hand for the task that looks difficult",
            "treat lack of experience as a reason to prepare",
        ),
    ),
    (
        "열정",
        ("passion", "immersion", "enjoyment"),
        (
            "find the part of a finished task that could still be better",
            "give one thing at a time my full attention",
            "settle an open question before the day is over",
            "look for what is new in work that repeats itself",
        ),
    ),
    (
        "창의",
        ("creativity", "imagination"),
        (
            "add one more answer to the one everybody already uses",
            "borrow a method from another field and fit it to the problem",
            "turn an idea into a simple draft instead of a long talk",
            "use a constraint as a starting point",
        ),
    ),
    (
        "혁신",
        ("innovation", "change", "progress", "future orientation"),
        (
            "redraw a procedure instead of getting used to its flaws",
            "read changed conditions early and reorder my work",
            "ask why an old method exists and test a better one",
            "carry a new tool from study into daily work",
        ),
    ),
    (
        "소통",
        ("communication", "listening", "openness"),
        (
            "repeat the other person's point in my own words before I answer",
            "explain difficult matters in the listener's language",
            "put both sides' reasons on the table when opinions differ",
            "share progress before anyone has to ask",
            "ask early about what I do not understand",
        ),
    ),
    (
        "고객",
        ("customer", "service"),
        (
            "ask what changes for the user before I decide",
            "turn a vague complaint into something that can be fixed",
            "choose the answer the customer needs over the one that is easy to give",
            "look for the need behind a request",
        ),
    ),
    (
        "협력",
        ("collaboration", "teamwork", "cohesion", "harmony", "win-win", "sociability"),
        (
            "help where work is late once my own part is done",
            "check that nothing is missing before credit is discussed",
            "leave notes that let the next person start at once",
            "write roles and dates on one page that everyone can see",
        ),
    ),
    (
        "정직",
        ("honesty", "integrity", "morality", "righteousness", "ethics", "transparency", "authenticity"),
        (
            "report an awkward fact early and as it is",
            "open the rulebook first when the easy way and the right way part",
            "claim only what I have checked",
            "bring up my own mistake together with a way to repair it",
        ),
    ),
    (
        "신뢰",
        ("trust", "loyalty"),
        (
            "keep the date of even a small promise",
            "say at the start what I can and cannot do",
            "give the same answer to everyone who asks the same question",
            "finish work so that nobody has to check it twice",
        ),
    ),
    (
        "배려",
        ("consideration", "empathy", "inclusion", "people-first", "sensitivity"),
        (
            "make room for the opinion of the person who finds it hard to speak",
            "think of the trouble the next person may have with my work",
            "hear the other side's situation before I fix the order of work",
            "prepare the material a colleague will need before being asked",
        ),
    ),
    (
        "존중",
        ("respect", "humility", "courtesy", "horizontal culture", "diversity"),
        (
            "weigh an opinion by its reasons and not by rank",
            "look for what I have missed in a view that differs from mine",
            "treat other people's time as carefully as my own",
            "write down the point to change when I am corrected",
        ),
    ),
    (
        "전문성",
        ("expertise", "competence", "technology", "science"),
        (
            "apply what I learn to a real problem and check the outcome",
            "study a concept until I can explain it",
            "turn what I know into notes that others can use",
            "check the principle before I choose the method",
        ),
    ),
    (
        "탁월",
        ("excellence", "aspiration", "value creation"),
        (
            "compare the result with the standard once more after it is called good enough",
            "measure new work against my last work",
            "write down the level that is needed before the level I can reach",
            "work on the small difference that decides quality",
        ),
    ),
    (
        "글로벌",
        ("global",),
        (
            "look for what another culture does better",
            "measure my work against a wider stage than the one I know",
            "choose words that cannot be misread across languages",
            "learn the rules of an unfamiliar place quickly",
        ),
    ),
    (
        "성과",
        ("results", "goals", "leadership"),
        (
            "choose the task that moves the goal over the one that looks busy",
            "write down what success would look like before I begin",
            "measure halfway and correct the course",
            "make sure that everyone describes the goal in the same words",
        ),
    ),
    (
        "끈기",
        ("perseverance", "diligence", "dedication", "tenacity"),
        (
            "keep the standard even in work that nobody notices",
            "record each attempt at a problem that does not yield at once",
            "do the set amount at the set time",
            "look for one more method before I step back",
        ),
    ),
    (
        "원칙",
        ("principles", "fundamentals", "safety", "structure"),
        (
            "keep to the agreed order even under pressure",
            "use a checklist so that no step is lost",
            "ask why a rule exists before I ask for an exception",
            "report a sign of danger before I think of the schedule",
        ),
    ),
    (
        "자발성",
        (
            "self-motivation",
            "autonomy",
            "self-direction",
            "initiative-taking",
            "proactivity",
            "leading by example",
            "independence",
        ),
        (
            "prepare the next step before I am told to",
            "set my own deadline and make it known",
            "take up the work that belongs to nobody",
            "bring a proposal along with the problem",
        ),
    ),
    (
        "실행력",
        ("execution", "drive", "putting into practice", "decisiveness"),
        (
            "take the first step on the day a decision is made",
            "start with a small unit instead of waiting for the perfect plan",
            "name the criterion for a decision and then decide",
            "show where I am stuck and ask for help at once",
        ),
    ),
    (
        "속도",
        ("speed", "agility", "quick response", "efficiency"),
        (
            "find the slowest step first and move it",
            "show an early draft and improve it with comments",
            "remove repeated work to gain time for judgement",
            "weigh the effect of a change before I react to it",
        ),
    ),
    (
        "개선",
        ("improvement", "feedback"),
        (
            "go over finished work and note one thing to change",
            "decide on a new action while the criticism is still fresh",
            "change the method when the same trouble comes twice",
            "confirm the effect of a small change before the next one",
        ),
    ),
    (
        "성장",
        ("growth", "learning", "self-development", "curiosity"),
        (
            "list what I do not know and strike it off line by line",
            "explain what I have learned in order to find the gaps",
            "ask why and keep a record of the answer",
            "turn what I could not do yesterday into a task for today",
        ),
    ),
    (
        "문제해결",
        ("problem solving", "analysis", "logic", "data", "critical thinking"),
        (
            "narrow down causes one by one instead of guessing",
            "separate facts from opinions before I judge",
            "notice what a number says and what it leaves out",
            "split a large problem into questions that can be checked",
        ),
    ),
    (
        "본질",
        ("first principles", "insight", "systems thinking", "strategy", "essentials"),
        (
            "tell the symptom from the cause beneath it",
            "draw the effect on the whole before I repair one part",
            "write the purpose of a task in one sentence first",
            "follow a choice through to what it leaves behind",
        ),
    ),
    (
        "우선순위",
        ("prioritization", "planning", "thoroughness", "composure"),
        (
            "sort work by a stated criterion",
            "set aside time for checking in the plan itself",
            "list the conditions that are easily missed",
            "confirm the facts step by step even in a hurry",
        ),
    ),
    (
        "유연성",
        ("flexibility", "convergence"),
        (
            "learn the language of another field and connect it with mine",
            "drop my first method when it does not fit",
            "find the part that different opinions share",
            "widen the choice when there is no set answer",
        ),
    ),
    (
        "긍정",
        ("positivity", "gratitude", "encouragement"),
        (
            "write one way that could work beside every reason why it cannot",
            "name the people who helped and what they did",
            "speak first to a tired colleague and share the load",
            "begin with what can be changed in a hard situation",
        ),
    ),
    (
        "나눔",
        ("sharing", "volunteering", "social contribution", "social good", "sustainability"),
        (
            "ask what my work leaves with people outside the company",
            "pass on what I know to whoever needs it",
            "choose the method that lasts over the quick gain",
            "look for ways to waste less",
        ),
    ),
    (
        "공정",
        ("fairness",),
        (
            "announce one standard for everyone and keep it",
            "record every contribution when results are shared",
            "keep the rule even when I stand to gain",
            "show the grounds of a judgement",
        ),
    ),
    (
        "직언",
        ("candor", "persuasion"),
        (
            "say an uncomfortable fact in time and with grounds",
            "add an alternative to every objection",
            "explain my view by the standard that matters to the listener",
            "admit doubt and name a way to check",
        ),
    ),
    (
        "현장",
        ("hands-on work",),
        (
            "see the place where the work happens before I guess",
            "try a thing myself before I give an opinion on it",
            "write down what people on the site say, word for word",
            "match the numbers in a report with what is really there",
        ),
    ),
)

GENERIC: tuple[str, ...] = (
    "do what is needed before what is noticed",
    "sum up the day's result in one line",
    "turn a vague request into a precise question",
    "confirm the purpose before I fix the method",
    "keep what can be used again from finished work",
    "turn an intention into a list of actions",
    "go back to the process when a result surprises me",
    "set a standard for small tasks too",
    "agree on the limits of my task at the start",
    "say early which part will take time",
    "note the source and the conditions of every figure",
    "hear more than one opinion before I conclude",
    "read my work with the receiver's eyes before I hand it over",
    "find out why something went well",
    "cut a task into parts that can be finished",
    "compare the outcome with the first goal",
)

HINTS: tuple[tuple[str, str], ...] = (
    ("supex", "excellence"),
    ("vwbe", "self-motivation"),
    ("advanced tech", "technology"),
    ("people first", "people-first"),
    ("further together", "collaboration"),
    ("empower", "encouragement"),
    ("boundaries", "challenge"),
    ("better every", "improvement"),
    ("what matters", "first principles"),
    ("thanks", "gratitude"),
    ("sustainab", "sustainability"),
    ("flexib", "flexibility"),
    ("interest in people", "consideration"),
    ("standards", "aspiration"),
    ("priorit", "prioritization"),
    ("execut", "execution"),
    ("open", "openness"),
    ("walls", "communication"),
    ("basics", "fundamentals"),
    ("venture", "challenge"),
    ("tech for good", "social good"),
    ("act for yourself", "self-direction"),
    ("dive deep", "analysis"),
    ("systematic", "systems thinking"),
    ("grit", "perseverance"),
    ("urgency", "speed"),
    ("mission", "teamwork"),
    ("aim higher", "excellence"),
    ("impact", "results"),
    ("assumption", "critical thinking"),
    ("right thing", "righteousness"),
    ("quick", "speed"),
    ("different", "imagination"),
    ("failure", "challenge"),
    ("cooperation", "collaboration"),
    ("hagojabi", "challenge"),
    ("first and the best", "excellence"),
    ("international", "global"),
    ("globality", "global"),
    ("manners", "courtesy"),
    ("team", "teamwork"),
    ("generalist", "convergence"),
    ("entrepreneur", "ownership"),
    ("challeng", "challenge"),
    ("never-ending", "improvement"),
    ("push", "challenge"),
    ("play", "imagination"),
    ("expert", "expertise"),
    ("innovat", "innovation"),
    ("communicat", "communication"),
    ("competition", "competence"),
    ("practice", "putting into practice"),
    ("people", "respect"),
    ("society", "social contribution"),
    ("thorough", "thoroughness"),
    ("self-motivation", "self-motivation"),
    ("cooperat", "collaboration"),
    ("creativ", "creativity"),
)

BY_KEYWORD: dict[str, tuple[str, ...]] = {keyword: acts for _, keywords, acts in GROUPS for keyword in keywords}
GROUP_OF: dict[str, str] = {keyword: group for group, keywords, _ in GROUPS for keyword in keywords}

DISPLAYED: dict[str, str] = {
    "customer": "customer focus",
    "global": "global outlook",
    "horizontal culture": "openness across ranks",
    "data": "judgement from data",
    "technology": "technical skill",
    "goals": "clarity of goals",
    "results": "focus on results",
    "change": "readiness for change",
    "service": "service-mindedness",
    "people-first": "care for people",
    "enterprise": "enterprising spirit",
    "feedback": "openness to feedback",
    "challenge": "appetite for challenge",
    "principles": "firmness of principle",
    "fundamentals": "command of fundamentals",
    "drive": "drive",
    "structure": "orderliness",
}
"""Keywords that are not the name of an attitude, as they are written in a sentence."""


def keyword_of(value: str) -> str | None:
    """The keyword of the bank that a company's value name is about."""
    lower = value.lower()
    named = [keyword for keyword in BY_KEYWORD if re.search(rf"\b{re.escape(keyword)}", lower)]
    if named:
        return min(named, key=lambda keyword: (lower.index(keyword), -len(keyword)))
    return next((keyword for hint, keyword in HINTS if hint in lower), None)


def acts_of(keyword: str) -> tuple[str, ...]:
    """Verb phrases for a keyword; empty for one the bank does not know."""
    return BY_KEYWORD.get(keyword.lower()) or BY_KEYWORD.get(keyword_of(keyword) or "", ())


def group_of(keyword: str) -> str:
    """The group whose acts fit, named as in the Korean bank; "" for a keyword the bank does not know."""
    return GROUP_OF.get(keyword.lower()) or GROUP_OF.get(keyword_of(keyword) or "", "")
