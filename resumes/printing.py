"""Makes the PDF's content from a résumé's rows."""

from __future__ import annotations

from letters.brief import Language
from letters.models import Letter, title
from photos import services as photos
from photos.export import bust_top
from resumes import profile
from resumes.models import Resume
from resumes.pdf import PORTRAIT_TOP, LetterSection, PdfContent, render


def pdf(resume: Resume, letter: Letter) -> bytes:
    """The document with this letter and the chosen portrait, or the best one when none is chosen."""
    facts = profile.typed_facts(resume.facts)
    language: Language = "en" if letter.language == "en" else "ko"
    portrait = photos.portrait(resume.photo)
    return render(
        PdfContent(
            language=language,
            name=resume.name,
            company=letter.company_name,
            created=letter.created_at.date(),
            phone=resume.phone,
            email=resume.user.email or "",
            job=facts.job,
            education=facts.education,
            experiences=facts.experiences,
            strengths=facts.strengths,
            sections=tuple(
                LetterSection(title(letter.language, section["number"]), section["text"]) for section in letter.sections
            ),
            portrait=portrait.data if portrait else None,
            portrait_top=bust_top(portrait.place) if portrait else PORTRAIT_TOP,
        )
    )
