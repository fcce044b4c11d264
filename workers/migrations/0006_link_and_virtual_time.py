"""New names in the code alone: the columns, indexes and constraints of the database stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workers", "0005_liveness")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("step", "step_place_in_chain"),
                migrations.RemoveIndex("step", "step_line"),
                migrations.RenameField("step", "place", "link"),
                migrations.RenameField("step", "turn_at", "virtual_time"),
                migrations.AlterField(
                    "step", "link", models.PositiveSmallIntegerField("사슬의 몇째 고리", db_column="place")
                ),
                migrations.AlterField("step", "virtual_time", models.DateTimeField("가상 시각", db_column="turn_at")),
                migrations.AddIndex(
                    "step", models.Index(fields=["state", "queue", "virtual_time"], name="step_line")
                ),
                migrations.AddConstraint(
                    "step", models.UniqueConstraint(fields=["chain", "link"], name="step_place_in_chain")
                ),
            ]
        ),
    ]
