"""Which world each step's provider is in."""

from __future__ import annotations

from pathlib import Path

from resume_site.settings.environment import RUN_DIR, at_least, choice, env

# --- which world ---------------------------------------------------------------------------------
AI_BACKEND = choice("AI_BACKEND", ("local", "aws"), "local")
MASK_SCOPE = choice("MASK_SCOPE", ("face", "head", "person"), "head")

WORLDS = ("local", "aws")
FACE_BACKEND = choice("FACE_BACKEND", WORLDS, AI_BACKEND)
MASK_BACKEND = choice("MASK_BACKEND", WORLDS, AI_BACKEND)
OUTPAINT_BACKEND = choice("OUTPAINT_BACKEND", WORLDS, AI_BACKEND)
LETTER_BACKEND = choice("LETTER_BACKEND", WORLDS, AI_BACKEND)
# Provider modules by step and world; adding one is a module beside its siblings and a word here.
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
