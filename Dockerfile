# The bot as an image: docs/hosting.md says how to run it.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/roost
COPY requirements.lock requirements-dev.lock ./
RUN /opt/roost/bin/pip install --require-hashes -r requirements.lock
# what builds the package isn't needed to run it, so its hashes stand in the other lock
RUN awk '/^setuptools==/ {on=1} on {print} on && !/\\$/ {exit}' requirements-dev.lock >build.lock \
    && python -m pip install --require-hashes -r build.lock
COPY . .
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/roost/bin/pip install --no-deps --no-index /wheel/*.whl \
    && /opt/roost/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin roost \
    && install --directory --owner roost --group roost --mode 0700 /data
COPY --from=build /opt/roost /opt/roost
COPY deploy/healthcheck.py /opt/roost/healthcheck.py
ENV PATH=/opt/roost/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ROOST_DATABASE_PATH=/data/roost.db \
    ROOST_OBSERVE_PORT=9100
# config.toml is looked for here; without one ROOST_* variables do
WORKDIR /data
VOLUME /data
USER roost
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "/opt/roost/healthcheck.py"]
ENTRYPOINT ["roost"]
CMD ["run"]
