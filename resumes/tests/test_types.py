"""The types of the API's answers and the schema's serializers describe the same fields."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.serializers import Serializer

from letters import types as letters
from photos import types as photos
from resumes import serializers, types


def differing(shape: Any, serializer: type[Serializer[Any]]) -> set[str]:
    """Fields that only one of the two has."""
    return set(shape.__annotations__) ^ set(serializer().fields)


@pytest.mark.parametrize(
    ("shape", "serializer"),
    [
        (types.WaitingJson, serializers.WaitingAnswer),
        (photos.BoxJson, serializers.BoxAnswer),
        (photos.EmotionJson, serializers.EmotionAnswer),
        (types.FaceJson, serializers.FaceAnswer),
        (types.AdviceJson, serializers.AdviceAnswer),
        (types.ReasonJson, serializers.ReasonAnswer),
        (types.CandidateJson, serializers.CandidateAnswer),
        (types.PhotoJson, serializers.PhotoAnswer),
        (types.CompanyNameJson, serializers.CompanyNameAnswer),
        (types.RecommendationJson, serializers.RecommendationAnswer),
        (letters.FindingJson, serializers.ProblemAnswer),
        (types.SectionJson, serializers.SectionAnswer),
        (types.LetterJson, serializers.LetterAnswer),
        (types.ProfileJson, serializers.ProfileAnswer),
        (types.ResumeJson, serializers.ResumeAnswer),
    ],
)
def test_type_and_schema_have_the_same_fields(shape: Any, serializer: type[Serializer[Any]]):
    assert differing(shape, serializer) == set()


def test_a_field_that_only_one_of_them_has_is_found():
    # Given a letter's type beside the schema of its section, Then the difference is named
    assert {"version", "characters"} <= differing(types.LetterJson, serializers.SectionAnswer)
