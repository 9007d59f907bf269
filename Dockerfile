# One image for the web server, the task queue and the demonstration's Keepa; the command says which.
# The tests run its steps one by one where there is no container engine (tests/deploy).

FROM python:3.11-slim-bookworm AS packages
WORKDIR /build
RUN python -m venv --without-pip /opt/venv
COPY requirements.txt ./
RUN pip --python /opt/venv/bin/python install --no-cache-dir --no-compile --disable-pip-version-check -r requirements.txt
# Of the embedded PostgreSQL, backups need three programs; the server is elsewhere (DATABASE_URL).
COPY deploy/slim.sh ./
RUN sh slim.sh /opt/venv
# Nothing can be written there later on. Some packages bring templates that are no Python.
RUN python -m compileall -q -j 0 /opt/venv/lib || true

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="ArbitrageVault"
RUN groupadd --gid 10001 vault \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin vault \
    && install --directory --owner=vault --group=vault --mode=0700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . ./
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ARBVAULT_VAR=/data \
    STATIC_ROOT=/opt/static \
    HOST=0.0.0.0 \
    PORT=8000
# Nothing that this step makes but the files stays: the key and the folder are its own.
RUN ARBVAULT_VAR=/tmp/build SECRET_KEY=only-while-the-files-are-collected-here DATABASE_URL=postgresql://nobody@localhost/none \
    python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build \
    && python -m compileall -q /app
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["python", "-m", "arbvault.probe"]
CMD ["python", "-m", "arbvault.web"]
