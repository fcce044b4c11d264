"""Paid files lie in the database until the file store has them."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0003_step_holder")]

    operations = [
        migrations.CreateModel(
            "KeptFile",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="이름")),
                ("data", models.BinaryField(verbose_name="내용")),
                ("size", models.PositiveIntegerField(verbose_name="크기(바이트)")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="만든 때")),
                (
                    "artifact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept_files",
                        to="workers.artifact",
                        verbose_name="산출물",
                    ),
                ),
            ],
            {"verbose_name": "저장을 기다리는 파일", "verbose_name_plural": "저장을 기다리는 파일"},
        ),
    ]
