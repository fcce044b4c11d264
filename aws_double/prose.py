"""Filler text for letters: sentences by item, in both languages, with a company's name. Blanks replace facts."""

from __future__ import annotations

import random

SENTENCES = {
    "ko": (
        (
            "{company}에 지원한 이유는 함께 일하는 사람을 대하는 태도가 제가 지켜 온 기준과 같다고 느꼈기 때문입니다.",
            "여러 회사의 소개를 읽었지만 어떤 사람과 일하고 싶은지를 이렇게 분명하게 밝힌 곳은 드물었습니다.",
            "그 글을 읽은 날 [지원을 결심한 계기]를 떠올렸고, 걸어온 길이 헛되지 않았다는 안도감을 느꼈습니다.",
            "그 마음이 가라앉은 뒤에도 생각은 바뀌지 않았고, 오히려 무엇을 더 준비해야 할지가 또렷해졌습니다.",
            "저는 [전공 또는 관심 분야]를 공부하며 작은 문제라도 끝까지 따라가 보는 습관을 길렀습니다.",
            "막히는 부분이 생기면 먼저 기록을 남기고, 다른 사람에게 설명할 수 있을 때까지 다시 정리했습니다.",
            "이런 방식은 빠르지는 않았지만 같은 실수를 되풀이하지 않게 해 주었고, 주변의 신뢰로 이어졌습니다.",
            "함께 공부하던 친구들이 어려운 부분을 먼저 물어 올 때마다 나누는 일의 즐거움도 알게 되었습니다.",
            "{company}가 중요하게 여기는 가치도 결국 약속을 지키는 작은 행동에서 시작된다고 생각합니다.",
            "입사한 뒤에는 맡은 업무의 흐름을 먼저 익히고, 손이 많이 가는 일부터 고쳐 나가겠습니다.",
            "첫해에는 [배우고 싶은 업무]를 빈틈없이 익혀 동료가 안심하고 일을 맡길 수 있는 사람이 되겠습니다.",
            "그다음에는 고객이 미처 말하지 못한 불편을 찾아 개선안을 내고, 결과를 숫자로 확인하겠습니다.",
            "설레는 마음만으로 일할 수 없다는 것을 알기에 준비한 만큼 차분하게 시작하고 싶습니다.",
            "제 목표와 회사의 방향이 만나는 자리에서 오래 배우고 함께 자라고 싶습니다.",
        ),
        (
            "제게 가장 큰 영향을 준 일은 [기억에 남는 사건 또는 사람]을 만난 경험입니다.",
            "그전까지 저는 혼자 잘 해내는 것이 책임을 다하는 길이라고 믿었습니다.",
            "그러나 일이 생각대로 풀리지 않던 어느 날, 먼저 도움을 청하는 것도 책임의 한 부분이라는 말을 들었습니다.",
            "처음에는 부끄러운 마음이 앞섰지만 사정을 솔직하게 털어놓자 주변에서 뜻밖의 방법을 알려 주었습니다.",
            "그 일을 계기로 저는 모르는 것을 숨기지 않고, 질문을 미리 정리해서 가져가는 사람이 되었습니다.",
            "이후 [활동 이름]에서도 회의 전에 서로의 어려움을 먼저 나누자고 제안했습니다.",
            "말을 꺼내기 어려워하던 사람들도 차츰 의견을 보태기 시작했고, 일은 예정보다 안정적으로 진행되었습니다.",
            "저는 그 과정에서 잘 듣는 태도가 실력만큼 중요하다는 것을 배웠습니다.",
            "누군가의 말을 끝까지 듣고 나서 제 의견을 더하면 결론에 이르는 길이 오히려 짧아진다는 것도 알았습니다.",
            "물론 모든 자리가 편안하지는 않았고, 서로의 기대가 달라 다시 처음으로 돌아가야 했던 날도 있었습니다.",
            "그럴 때마다 처음 들었던 그 말을 떠올리며 제가 먼저 사정을 설명하고 할 수 있는 몫을 나누었습니다.",
            "지금도 새로운 일을 시작하면 목표보다 먼저 함께하는 사람이 걱정하는 점을 물어봅니다.",
            "작은 걱정을 일찍 꺼내 놓을수록 큰 문제가 줄어든다는 것을 몸으로 익혔기 때문입니다.",
            "이 습관은 {company}에서 여러 부서와 함께 일할 때에도 흔들리지 않는 바탕이 될 것입니다.",
            "자라 온 시간은 평범했지만 그 안에서 얻은 태도만큼은 분명하게 제 것이 되었습니다.",
        ),
        (
            "가장 기억에 남는 프로젝트는 [프로젝트 이름]이며, 저는 [맡은 역할]을 담당했습니다.",
            "처음 모였을 때에는 목표가 넓고 일정이 짧아 무엇부터 해야 할지 의견이 갈렸습니다.",
            "저는 해야 할 일을 한 장에 모아 급한 것과 중요한 것을 나누고, 하루에 한 번 함께 고치자고 했습니다.",
            "덕분에 서로 같은 일을 두 번 하는 경우가 줄었고, 빠진 부분을 일찍 찾을 수 있었습니다.",
            "중간에 [부딪힌 문제]가 드러났을 때에는 원인을 세 가지로 나누어 하나씩 확인했습니다.",
            "추측으로 고치기보다 작은 실험으로 확인하자고 설득한 것이 가장 어려운 일이었습니다.",
            "저는 걱정하는 이유를 하나씩 듣고, 잃을 것이 가장 적은 부분부터 해 보자고 범위를 줄여 제안했습니다.",
            "이틀 동안 자료를 다시 모은 끝에 원인을 찾았고, 바꾼 방법을 모두가 볼 수 있게 기록했습니다.",
            "그 결과 [결과 수치]를 얻었고, 함께한 사람들에게서 믿고 일할 수 있었다는 말을 들었습니다.",
            "저는 이 경험에서 좋은 결과는 뛰어난 한 사람보다 잘 나눈 일에서 나온다는 것을 배웠습니다.",
            "마지막 발표를 준비하면서는 성과보다 과정에서 바꾼 판단을 설명하는 데 더 많은 시간을 들였습니다.",
            "그 뒤로는 일을 시작하기 전에 끝났다는 것을 어떻게 알 수 있는지부터 정하는 버릇이 생겼습니다.",
            "{company}에서 맡을 과제 앞에서도 같은 방식으로 차례를 세우고 확인하며 나아가겠습니다.",
            "잘된 일과 아쉬운 일을 함께 적어 두었던 그때의 기록은 지금도 제가 가장 자주 펼쳐 보는 자료입니다.",
        ),
        (
            "저의 장점은 맡은 일을 끝까지 살피고, 결과가 나온 뒤에도 다시 확인하는 꾸준함입니다.",
            "[장점이 드러난 경험]에서 마감 직전 숫자 하나가 맞지 않는 것을 발견해 처음부터 다시 계산했습니다.",
            "시간이 촉박했지만 차분하게 원인을 찾아 바로잡았고, 뒤따르는 사람들의 수고를 덜 수 있었습니다.",
            "그 일로 눈에 잘 띄지 않는 확인 작업이야말로 함께 일하는 사람을 가장 편하게 해 준다는 것을 알았습니다.",
            "반면 저의 단점은 완성도를 높이려다 결정을 늦추는 때가 있다는 점입니다.",
            "혼자 오래 붙들고 있다가 의견을 늦게 나누어 함께 일하는 사람을 기다리게 한 적도 있습니다.",
            "이를 고치기 위해 일을 시작할 때 중간 공유 시각을 먼저 정하고 달력에 적어 두었습니다.",
            "처음에는 덜 다듬은 결과를 보여 주는 것이 불편해 약속한 시각을 넘기기도 했습니다.",
            "그래서 보여 줄 분량을 절반으로 줄이고, 고칠 점 두 가지를 스스로 먼저 말하기로 했습니다.",
            "말하는 순서를 바꾸자 상대도 편하게 의견을 주었고, 고쳐야 할 곳이 생각보다 적다는 것도 확인했습니다.",
            "몇 달이 지나자 의견을 일찍 듣는 편이 결과도 좋고 마음도 가볍다는 것을 알게 되었습니다.",
            "지금은 [개선을 확인한 사례]처럼 정해 둔 시각에 초안을 내고 함께 다듬는 방식이 익숙해졌습니다.",
            "{company}에서도 꼼꼼함은 지키되 나눌 때를 놓치지 않는 사람으로 일하겠습니다.",
            "단점을 숨기기보다 관리하는 법을 배운 것이 제가 얻은 가장 실용적인 장점이라고 생각합니다.",
        ),
    ),
    "en": (
        (
            "I am applying to {company} because its idea of good work matches the standard I have tried to keep.",
            "While looking for a first job I read many introductions; few said so clearly whom they want to work with.",
            "Reading it reminded me of [what led you to apply] and left me relieved that my path had a direction.",
            "In [your field] I learnt to follow even small problems to their end and to write down what I found.",
            "That habit is not fast, but it kept me from repeating mistakes and earned the trust of people around me.",
            "The values of {company} seem to me to begin with exactly such small promises that are kept.",
            "In my first year I want to learn [the work you want to learn] so well that colleagues can rely on it.",
            "After that I would look for what customers do not say aloud and check every improvement by its result.",
            "I hope to learn and to grow for a long time where my aims and the direction of the company meet.",
        ),
        (
            "What shaped me most was meeting [the event or person that shaped you].",
            "Until then I believed that being responsible meant managing everything alone.",
            "On a day when nothing worked I was told that asking for help early is a part of responsibility.",
            "I was embarrassed at first, but once I explained my situation others showed me a way I had not seen.",
            "Since then I have not hidden what I do not know, and I bring my questions in good order.",
            "In [the name of an activity] I suggested that we begin meetings with what worries each of us.",
            "People who had been silent began to speak, and the work became steadier than planned.",
            "I learnt that listening well counts as much as skill, and that small worries told early stay small.",
            "At {company} this habit will carry me when several departments have to work as one.",
        ),
        (
            "The project I remember best is [name of the project], in which I was [your role].",
            "When we first met, the goal was wide, the time was short, and opinions on the order differed.",
            "I gathered every task on one page, divided the urgent from the important, and we corrected it daily.",
            "We stopped doing the same work twice and found what was missing early enough to mend it.",
            "When [the problem you met] appeared I split its possible causes into three and checked them in turn.",
            "The hardest part was to persuade everyone to try a small experiment instead of guessing.",
            "In the end we reached [measured result] and wrote down what we had changed for those who follow.",
            "I learnt that good results come from work that is shared well rather than from one brilliant person.",
            "At {company} I would begin every task by agreeing how we will know that it is finished.",
        ),
        (
            "My strength is steadiness: I look after a task until the end and check it once more afterwards.",
            "In [the experience that shows it] I found a figure that did not fit just before the deadline.",
            "I calmly looked for the cause, put it right, and spared the people after me a good deal of trouble.",
            "My weakness is that I sometimes decide late because I want to make the result more complete.",
            "More than once others had to wait for my view, and I saw that care can become a burden.",
            "So I now fix the time of a first draft when a task begins, and write it into the calendar.",
            "At first it was uncomfortable to show something rough, so I halved it and named two flaws myself.",
            "By now, as in [an example of the improvement], I share drafts on time and refine them together.",
            "At {company} I want to stay thorough without missing the moment when sharing helps most.",
        ),
    ),
}

LEAST = 720


def item(number: int, language: str, company: str, variant: int) -> str:
    """One item of 720–980 characters in two paragraphs. The variant selects a sentence to leave out, if it can be."""
    sentences = [sentence.format(company=company) for sentence in SENTENCES[language][number - 1]]
    left_out = random.Random(f"{number} {variant}").randrange(1, len(sentences) - 1)
    shorter = [*sentences[:left_out], *sentences[left_out + 1 :]]
    kept = shorter if len(" ".join(shorter)) >= LEAST else sentences
    half = len(kept) // 2
    return " ".join(kept[:half]) + "\n" + " ".join(kept[half:])
