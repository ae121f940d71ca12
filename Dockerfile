# Builds Meshline and packs it into a small Debian image that runs as an unprivileged user.
#
#   docker build --tag meshline .
#   docker run --rm --env DATABASE_URL="$OWNER_URL" --volume meshline:/var/lib/meshline meshline migrate
#   docker run --env DATABASE_URL --volume meshline:/var/lib/meshline --publish 3000:3000 --read-only meshline
#
# `cargo xtask container` carries out the last stage without Docker and checks the result.

FROM rust:1.95-bookworm AS build
# Node.js runs the optimiser of the WebAssembly module.
COPY --from=node:22-bookworm-slim /usr/local/bin/node /usr/local/bin/node
COPY --from=node:22-bookworm-slim /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln --symbolic ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
RUN rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo xtask build && cp --recursive target/dist /dist

FROM debian:bookworm-slim
# Certificates to reach destinations over TLS, wget for the health check.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates wget \
    && rm --recursive /var/lib/apt/lists/*
# The number is fixed so that volumes keep their owner across images.
RUN groupadd --gid 10001 meshline \
    && useradd --uid 10001 --gid meshline --no-log-init --no-create-home --home-dir /var/lib/meshline --shell /usr/sbin/nologin meshline \
    && install --directory --owner=meshline --group=meshline --mode=0700 /var/lib/meshline
COPY --from=build /dist/ /opt/meshline/
ENV MESHLINE_LISTEN=0.0.0.0:3000 \
    MESHLINE_KEY_FILE=/var/lib/meshline/master.key \
    MESHLINE_DATA_DIR=/var/lib/meshline/data
VOLUME ["/var/lib/meshline"]
# As a number, so that an orchestrator can tell that it is not root.
USER 10001:10001
EXPOSE 3000
# Alive, not ready: restarting a process whose database is down would not help.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD wget --quiet --output-document=/dev/null "http://127.0.0.1:${MESHLINE_LISTEN##*:}/healthz"
ENTRYPOINT ["/opt/meshline/meshline"]
CMD ["serve"]
