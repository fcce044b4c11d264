"""The place in line becomes a column, so that order and position are read off an index; the circuit breaker."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def line_up(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("workers", "Step").objects.update(turn_at=F("due_at"))


class Migration(migrations.Migration):
    dependencies = [("workers", "0001_initial")]

    operations = [
        migrations.AddField("step", "turn_at", models.DateTimeField(null=True, verbose_name="줄의 자리")),
        migrations.RunPython(line_up, migrations.RunPython.noop),
        migrations.AlterField("step", "turn_at", models.DateTimeField(verbose_name="줄의 자리")),
        migrations.RemoveIndex("step", "step_admission"),
        migrations.AddIndex("step", models.Index(fields=["state", "queue", "turn_at"], name="step_line")),
        migrations.AddIndex("step", models.Index(fields=["owner", "queue", "state"], name="step_owner")),
        migrations.CreateModel(
            "Breaker",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=64, unique=True, verbose_name="종류")),
                ("provider", models.CharField(blank=True, max_length=40, verbose_name="제공자")),
                ("open", models.BooleanField(default=False, verbose_name="멈춤")),
                ("code", models.CharField(blank=True, max_length=40, verbose_name="코드")),
                ("said", models.CharField(blank=True, max_length=200, verbose_name="제공자의 말")),
                ("faults", models.PositiveIntegerField(default=0, verbose_name="이어진 실패")),
                ("probes", models.PositiveIntegerField(default=0, verbose_name="시험")),
                ("opened_at", models.DateTimeField(null=True, verbose_name="멈춘 때")),
                ("probe_at", models.DateTimeField(null=True, verbose_name="다음 시험")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="다시 이은 때")),
            ],
            options={"verbose_name": "차단기", "verbose_name_plural": "차단기"},
        ),
    ]
