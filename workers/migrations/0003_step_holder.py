"""Which process holds a step: of those that die with it, only the one begun last is blamed."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0002_line_and_breaker")]

    operations = [
        migrations.AddField(
            "step",
            "holder",
            models.CharField(blank=True, default="", max_length=64, verbose_name="쥔 프로세스"),
            preserve_default=False,
        ),
    ]
