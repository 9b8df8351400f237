# One recipe for every service:
#   docker build --build-arg SERVICE=consent --tag heed-consent .
# NODE_IMAGE may be any image with Node 24, npm and a user `node`, where the public one cannot be had.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /heed
COPY . .
# `npm ci` builds the workspace as well, with what is then pruned.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ARG SERVICE
ENV NODE_ENV=production SERVICE=${SERVICE}
WORKDIR /heed
COPY --from=build /heed /heed
RUN test -f "services/${SERVICE}/dist/main.js"
USER node
# The shell hands over to Node, so that it is process 1 and gets the signals.
CMD ["sh", "-c", "exec node services/${SERVICE}/dist/main.js"]
