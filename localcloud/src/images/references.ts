import { readFileSync } from "node:fs";
import { inRepository } from "./repository";

export const imageNames = [
  "debian",
  "node",
  "elasticsearch",
  "traefik",
  "versitygw",
  "minio",
  "sampleApp",
] as const;

export type ImageName = (typeof imageNames)[number];

/** The release that Maven Central, Docker Hub and the image built here have in common. */
export const elasticsearchVersion = "8.19.21";

/** Docker Hub references of the images, as configuration writes them. */
export const imageReferences: Readonly<Record<ImageName, string>> = {
  debian: "debian:trixie-slim",
  node: "node:24-trixie-slim",
  elasticsearch: `elasticsearch:${elasticsearchVersion}`,
  traefik: `traefik:${moduleVersion("traefik", "github.com/traefik/traefik/v3")}`,
  versitygw: `versity/versitygw:${moduleVersion("versitygw", "github.com/versity/versitygw")}`,
  minio: `minio/minio:${minioRelease(moduleVersion("minio", "github.com/minio/minio"))}`,
  sampleApp: "hetzner-platform/sample-app:1.0.0",
};

/** The tag follows the Go module that the binary is built from, so that the two cannot differ. */
function moduleVersion(folder: string, module: string): string {
  const file = inRepository("toolchain", "go", folder, "go.mod");
  const line = readFileSync(file, "utf8")
    .split("\n")
    .map((text) => text.trim().replace(/^require /, ""))
    .find((text) => text.startsWith(`${module} v`));
  const version = line?.split(" ")[1];
  if (version === undefined) throw new Error(`${file} does not require ${module}: add it with a version`);
  return version;
}

/** MinIO's releases are named by time: `v0.0.0-20250907161309-07c3a429bfed`. */
function minioRelease(version: string): string {
  const time = /-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)-/.exec(version);
  if (time === null) return version;
  const [, year, month, day, hours, minutes, seconds] = time;
  return `RELEASE.${year}-${month}-${day}T${hours}-${minutes}-${seconds}Z`;
}
