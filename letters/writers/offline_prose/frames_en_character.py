"""English frames of item 4, a strength with its proof and a weakness with its remedy. `<a|b>` is a choice."""

# A frame stays on one line, however long it is.

# A frame stays on one line, however long it is.
# ruff: noqa: E501

from __future__ import annotations

FRAMES: dict[str, tuple[str, ...]] = {
    "opening": (
        "My strength is {strength}.",
        "The strength I can offer first to those I work with is {strength}.",
        "If I choose one strength for the {position} role, it is {strength}.",
        "Asked for my strength, I name {strength}.",
        "What I rely on at work is {strength}.",
        "The bright side of my character, as I would introduce it to {company}, is {strength}.",
        "As my first strength I count {strength}.",
        "On my way into the {field} field I trust in one thing: {strength}.",
        "My strength is {strength}, and the direction in which I want to use it is {keyword}.",
    ),
    "view": (
        "Character shows in a day of shared work better than in any description.",
        "The {position} role needs conduct that others can rely on more than it needs a good impression.",
        "A strength is of use at {company} when it helps a colleague and not when it shines alone.",
        "In the {field} field one person's character becomes part of the result.",
        "There is no right or wrong in character, but there is responsibility in how it is used.",
        "I take {keyword} to come from each single choice more than from temperament.",
        "At work, character is in the end the way one treats a promise.",
        "The thought of {beneficiary} tells me where my character should be put to use.",
        "I will look at myself by the measure of the {keyword} that {company} asks for.",
    ),
    "meaning": (
        "For me this strength has meaning when it makes me {act}.",
        "A strength is proved not by words but by the readiness to {act}.",
        "Joined with {keyword}, this strength becomes the power to {act}.",
        "Without the will to {act}, even a good trait would be an empty word.",
        "To use this strength to {act} is what I understand by {keyword}.",
        "I want to turn this strength into a habit of {act:ing}.",
        "In the {position} role I would use this strength first of all to {act}.",
        "If a good trait is to be a useful one, I also have to {act}.",
    ),
    "case": (
        "The case that shows it is {title}.",
        "What I did in {title} is the evidence.",
        "As evidence I name my experience in {title}.",
        "My experience in {title} explains it.",
        "It can be seen in {title}.",
        "One case to the point is {title}.",
    ),
    "role": (
        "My role in it: {told}.",
        "I took part in a definite role: {told}.",
        "My place there was this: {told}.",
        "The part I had in it: {told}.",
    ),
    "action_noun": (
        "What I did then: {told}.",
        "The action in which this strength shows: {told}.",
        "In concrete terms, it was this: {told}.",
        "Where my character turned into work: {told}.",
        "The deed that stands behind my words: {told}.",
    ),
    "action_sentences": (
        "What I did then is soon told: {told}",
        "The strength shows in what I did: {told}",
        "My character turned into work like this: {told}",
        "I can name the actions: {told}",
        "In deeds it looked as follows: {told}",
        "Here is what I did: {told}",
    ),
    "result_noun": (
        "What followed: {told}.",
        "The result of this case: {told}.",
        "What this strength led to: {told}.",
        "As a result I can note this: {told}.",
    ),
    "result_sentences": (
        "A result followed: {told}",
        "It ended like this: {told}",
        "The result of this case belongs here as well: {told}",
        "The strength led to something: {told}",
        "What followed can be stated: {told}",
    ),
    "case_missing": (
        "The case that shows it is [an experience that shows your strength]. What I did was [specific action], and the result was [result with a figure].",
        "As evidence I name [a situation in which you used it]. I [what you did], and after that I saw [what changed].",
        "One example is [a moment the strength was of use]. My action was [what you did yourself]; what remained was [result].",
        "It can be seen in [a case for your strength], where my part was [role and action]. The result was [a result that can be checked].",
        "The evidence lies in [an experience the strength helped in]. In [the situation] I chose to [your choice], and it led to [the outcome].",
    ),
    "company_link": (
        "Since {company} asks for {keyword}, I will use this strength to {act}.",
        "At {company} I want to join this strength with {keyword} and {act}.",
        "Where {keyword} counts as much as at {company}, I expect this strength to find its place.",
        "What this strength can do in the {position} role at {company} is to {act}.",
        "My colleagues at {company} should notice this strength in my will to {act}.",
        "The way to connect my strength with the {keyword} of {company} is to {act}.",
        "At {company} I would put this strength first to the service of {beneficiary}.",
        "Only together with {keyword}, I think, does it become a strength that suits {company}.",
    ),
    "caution": (
        "Still, I know that a strength carried too far can weigh on others.",
        "A strength alone does not get work done, as I am well aware.",
        "The same character is not helpful at all times, of course.",
        "To be of lasting use at {company} I have to look at the other side as well.",
        "To hold the {position} role I must also name honestly what needs work.",
        "Whoever speaks of {keyword} should be able to speak of what they lack.",
        "On the other side there is something to correct.",
    ),
    "weakness_noun": (
        "My weakness, in plain words: {told}.",
        "What I have to correct: {told}.",
        "The weakness I watch in myself: {told}.",
        "Before the {position} role I want to work on this: {told}.",
        "Measured by {keyword}, I fall short in one point: {told}.",
        "For work at {company} I need to reduce one weakness: {told}.",
    ),
    "weakness_sentences": (
        "I have a weakness to name: {told}",
        "There is something I have to correct: {told}",
        "I will not hide the other side: {told}",
        "Before the {position} role there is a point I want to work on: {told}",
        "Measured by {keyword}, I fall short in one point: {told}",
        "For work at {company} I need to reduce one weakness: {told}",
    ),
    "weakness_missing": (
        "My weakness is [the weakness you want to improve], and it caused [a situation in which it showed].",
        "What I have to correct is [a real weakness]. It showed in [an occasion you regret].",
        "To be honest, my weakness is [your weakness], and what I do against it is [what you actually do].",
        "The weakness I work on is [a weakness in repair]. So far I have [the method and what changed].",
        "What I watch in myself is [a specific weakness]; the advice I heard was [advice from others].",
    ),
    "impact": (
        "Left alone, it could cost others time in the {position} role.",
        "If I took this lightly, the word {keyword} would lose its force.",
        "To blame my temper for it would be to miss the chance to improve.",
        "So that it does not stand in the way of work at {company}, it needs a definite method.",
        "Knowing about it mends nothing, so I must be able to name a method.",
        "In the {field} field a small gap can touch {beneficiary}, which makes me all the more careful.",
        "A weakness shrinks, I believe, when one names the way to manage it.",
        "To admit it is the first step toward {keyword}.",
    ),
    "remedy_first": (
        "The remedy is clear: {remedy}",
        "I have settled on a method: {remedy}",
        "This is how I mean to reduce it: {remedy}",
        "For the {position} role I have a remedy in mind: {remedy}",
        "Instead of a vow I name a method: {remedy}",
        "From the first day at {company} I intend to use a simple method: {remedy}",
        "Character changes slowly, but methods can change at once: {remedy}",
    ),
    "remedy_second": (
        "I will mark the days on which it shows and go over them at regular times.",
        "At the end of the day I will note what is better and what is not.",
        "Where I cannot judge alone, I will ask a colleague at {company} first.",
        "While I learn the {position} role I will think of this point whenever I take on a task.",
        "To accept criticism without defending myself is part of the remedy.",
        "At {company} I will adapt the method to the way people work there.",
        "I will ask experienced people in the {field} field how they deal with the same thing.",
        "If a method does not fit, I will not cling to it but try another.",
        "I will set aside time to look back on the week with {keyword} as the measure.",
    ),
    "attitude": (
        "I would rather know how to handle a weakness than pretend to have none.",
        "My task is to give the strength more use and the weakness less room.",
        "Only those who name their faults, I think, have earned the word {keyword}.",
        "If colleagues at {company} are to entrust work to me, such honesty is needed.",
        "I will not put off work and call it my character.",
        "In the {position} role too I will go on examining myself.",
        "With {beneficiary} in mind, my weakness is nothing to postpone.",
        "To fit myself to the standard of the {field} field begins here.",
        "However slow the change, its direction shall be clear.",
    ),
    "at_work": (
        "When I begin at {company}, I will tell those I work with about both sides.",
        "After my first task in the {position} role I will note where my character helped and where it hindered.",
        "A mistake of character I will mend by the order of my work.",
        "In the {field} field, where many people's work is joined, knowing oneself is a skill.",
        "I will neither rest on the strength nor hide behind the weakness.",
        "I would like to be a person whom colleagues at {company} can correct without unease.",
        "What kind of person I am should be judged again by what I do in the {position} role.",
        "To keep what is good and to lessen what is lacking: my plan is as simple as that.",
    ),
    "closing": (
        "At {company} I want to contribute by my strength and manage my weakness by method.",
        "I would like to become firmer in the {position} role at {company}.",
        "With {keyword} as the measure I will look after both sides of my character.",
        "So that my character helps those around me at {company}, I will {act}.",
        "As one who holds the {position} role I will answer for my character too.",
        "In work for {beneficiary} my strength shall come first.",
        "My strength in deeds and my weakness in method: that is my answer to {company}.",
        "When I speak of my weakness at {company}, I want to show the grounds of improvement as well.",
        "A character that can be trusted in the {field} field is, I think, one that makes me {act}.",
    ),
}

REMEDIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "nervous|speech|present|speak|긴장|발표",
        (
            "I will cut what I have to say to three sentences and read it aloud once before I speak.",
            "I will write down likely questions and rehearse in front of one colleague.",
        ),
    ),
    (
        "perfection|detail|double-check|완벽|꼼꼼|확인",
        (
            "I will write down beforehand what is good enough and share my work when it gets there.",
            "I will show an early draft and agree on what still needs polish.",
        ),
    ),
    (
        "say no|refus|favou?r|거절|부탁",
        (
            "I will look at my schedule before I answer a request and name a date I can keep.",
            "I will keep a visible list of my tasks so that I promise less.",
        ),
    ),
    (
        "impatien|hast|rush|hurr|성급|급하|급한",
        (
            "Before I hand anything over I will compare it with three fixed points.",
            "Before a decision I will write down one argument against it.",
        ),
    ),
    (
        "too many|multitask|focus|priorit|벌이|여러",
        (
            "Before I take on a new task I will list what is open and choose what to finish first.",
            "I will limit a day to three tasks and move the rest.",
        ),
    ),
    (
        "shy|quiet|introver|reserved|소극|내성|낯",
        (
            "I will bring one prepared question to every meeting and ask it first.",
            "I will put my view in writing and share it before my turn comes.",
        ),
    ),
    (
        "stubborn|blunt|direct|고집|주장",
        (
            "Before I state my view I will repeat the other person's reasons in my own words.",
            "I will write down one merit of the other way before I speak for mine.",
        ),
    ),
    (
        "slow|hesita|indecis|overthink|worr|느리|신중|망설|고민",
        (
            "I will set a time for each decision and choose by what I know when it is over.",
            "I will ask first whether a decision can be undone and settle the light ones quickly.",
        ),
    ),
    (
        "procrastinat|late|deadline|미루",
        (
            "I will set a date before the deadline and tell someone else about it.",
            "I will cut the task into one-hour parts and begin with the first.",
        ),
    ),
)
"""Remedies as intentions, by what the weakness is about (a regular expression), the first that fits."""

REMEDIES_FOR_ANY: tuple[str, ...] = (
    "I will write down the situations in which it shows and decide on an action for each.",
    "I will examine myself by the same points when I begin and when I finish a task.",
    "I will tell those I work with about it and ask them to say so when they see it.",
    "I will not change everything at once but pick one action a week.",
    "I will note in a short sentence what to do differently when the situation returns.",
    "I will put a date for a check into the schedule so that I do not carry a task alone to the end.",
    "I will ask a trusted colleague for one point to correct at regular times.",
)
