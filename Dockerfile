# One image for web, workers and Flower; docker-compose.yml says which command each runs.
FROM python:3.12-slim-bookworm AS build
# mysqlclient alone has no wheel and is compiled here.
RUN apt-get update \
    && apt-get install -y --no-install-recommends build-essential pkg-config libmariadb-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /build
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.txt
# Apart from the code, so that a change of it does not fetch the models anew.
COPY photos/__init__.py photos/weights.py photos/weights.toml photos/
RUN python -m photos.weights /weights

FROM python:3.12-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home app
COPY --from=build /venv /venv
COPY --from=build /weights /weights
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEIGHTS_DIR=/weights
WORKDIR /app
COPY . .
RUN mkdir -p .run/media \
    && DJANGO_SECRET_KEY=build-only python manage.py collectstatic --noinput \
    && chown -R app .run
USER app
EXPOSE 8000
CMD ["python", "-m", "resume_site.serve", "--host", "0.0.0.0", "--port", "8000", "--stop-seconds", "10", "--proxy-headers"]
