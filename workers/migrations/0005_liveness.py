from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("workers", "0004_kept_file"),
    ]

    operations = [
        migrations.CreateModel(
            name="Liveness",
            fields=[
                ("queue", models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="큐")),
                ("reported_at", models.DateTimeField(verbose_name="마지막 소식")),
            ],
            options={
                "verbose_name": "작업자의 소식",
                "verbose_name_plural": "작업자의 소식",
            },
        ),
    ]
