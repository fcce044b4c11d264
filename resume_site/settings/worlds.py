"""Which world each step's provider belongs to: the embedded world (`local`) or AWS."""

from __future__ import annotations

from pathlib import Path

from resume_site.settings.environment import RUN_DIR, at_least, choice, env

AI_BACKEND = choice("AI_BACKEND", ("local", "aws"), "local")
MASK_SCOPE = choice("MASK_SCOPE", ("face", "head", "person"), "head")

WORLDS = ("local", "aws")
FACE_BACKEND = choice("FACE_BACKEND", WORLDS, AI_BACKEND)
MASK_BACKEND = choice("MASK_BACKEND", WORLDS, AI_BACKEND)
OUTPAINT_BACKEND = choice("OUTPAINT_BACKEND", WORLDS, AI_BACKEND)
LETTER_BACKEND = choice("LETTER_BACKEND", WORLDS, AI_BACKEND)
# Provider classes by step and world. A new provider is a module beside the others and an entry here.
PROVIDERS = {
    "face": {
        "local": "photos.detection.local.LocalDetector",
        "aws": "photos.detection.rekognition.RekognitionDetector",
    }[FACE_BACKEND],
    "mask": {
        "local": "photos.masking.local.LocalMasker",
        "aws": "photos.masking.sagemaker.SageMakerMasker",
    }[MASK_BACKEND],
    "outpaint": {
        "local": "photos.outpainting.studio.StudioCompositor",
        "aws": "photos.outpainting.bedrock.BedrockOutpainter",
    }[OUTPAINT_BACKEND],
    "letter": {
        "local": "letters.writers.offline.OfflineWriter",
        "aws": "letters.writers.bedrock.BedrockWriter",
    }[LETTER_BACKEND],
}
WEIGHTS_DIR = Path(env.str("WEIGHTS_DIR", default=str(RUN_DIR / "weights")))
OFFLINE_WRITER_CHARACTERS_PER_SECOND = at_least("OFFLINE_WRITER_CHARACTERS_PER_SECOND", 300, 30)
