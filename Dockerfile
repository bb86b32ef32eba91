# syntax=docker/dockerfile:1
# zhida in a container: one static binary on distroless, as a user without rights, built from this tree
# alone. docker build --build-arg VERSION=$(git describe --tags --always) -t zhida .

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=""
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/zhida ./cmd/zhida \
 && mkdir -p /out/data

# Static: certificates, time zones and a user, no shell and no libc.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/zhida /usr/local/bin/zhida
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV ZHIDA_LISTEN=:8080 \
    ZHIDA_DATA_DIR=/data \
    ZHIDA_LOG_FORMAT=json
EXPOSE 8080
VOLUME /data
ENTRYPOINT ["/usr/local/bin/zhida"]
CMD ["serve"]
