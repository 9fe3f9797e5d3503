# The server on Node 24: built in one stage, run in another that holds nothing but what runs.
#
#   docker build -t mixminus .
#   docker run --network host mixminus             on loopback, as without Docker
#   docker compose up                              with drachtio-server, see docker-compose.yml

# The whole image has a C compiler; it is the same system, so what it compiles runs on the slim one.
FROM node:24 AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY wasm ./wasm
COPY native ./native
COPY src ./src
RUN npm run build && npm ci --omit=dev

FROM node:24-slim
ENV NODE_ENV=production \
    DATA_DIR=/data
# Programs of their own: espeak-ng speaks prompts that are text, ffmpeg decodes those that are not WAV.
RUN apt-get update && apt-get install -y --no-install-recommends espeak-ng ffmpeg && rm -rf /var/lib/apt/lists/*
RUN mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/wasm/build ./wasm/build
COPY --from=build /app/native/build ./native/build
COPY --from=build /app/dist ./dist
COPY docker/healthcheck.mjs ./docker/
USER node
VOLUME /data
# REST API; SIP over UDP and TCP (embedded front end only); RTP. All listen on loopback until told otherwise.
EXPOSE 3000/tcp 5060/udp 5060/tcp 10000-20000/udp
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 CMD ["node", "docker/healthcheck.mjs"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
