import { z } from "zod";
import { roleName } from "../roles/container/schema";
import { isRegistry } from "../settings/imageName";
import { httpUrl, text, wholeNumber } from "../settings/leaves";
import { secretName } from "../settings/secretLeaves";
import { roleImages } from "./roles";

/** As Docker tells a registry from the first part of a name on Docker Hub, whose other names it does not log in to. */
const isRegistryHost = (value: string) =>
  isRegistry(value) &&
  /[.:]|^localhost$/.test(value) &&
  (value === "docker.io" || !/(?:^|\.)docker\.(?:io|com)$/.test(value));

/** A login of a container registry. */
const registry = z.strictObject({
  host: text(isRegistryHost, {
    allowed: "a registry as image references begin with it: ghcr.io, registry.example.com:5000, docker.io",
    remedy: "write the host alone, without https:// and path; Docker Hub is docker.io",
    standIn: "registry.example.com",
  }).describe("Registry as image references begin with it; docker.io for Docker Hub"),
  username: text(/^[^:\s\0]+$/, {
    allowed: "a user's name without colons and spaces",
    remedy: "write the name that docker login asks for",
    standIn: "stand-in",
  }).describe("Name that docker login asks for"),
  passwordSecret: secretName("standIn").describe("Name of the password or token under secrets"),
});

/** Snapshots that `npm run bake` has made. */
export const bakedImagesSchema = z
  .record(roleName, wholeNumber(1, Number.MAX_SAFE_INTEGER, "the number of the snapshot"))
  .default({})
  .meta({
    description:
      "Snapshot of each role for image: baked, written by npm run bake; roles without one have debian-13",
    fallback: "none",
  });

/** Images of the platform's own software, and where all images come from. */
export const imagesSchema = z
  .strictObject({
    ...roleImages,
    registryMirror: httpUrl("the mirror")
      .meta({
        description: "Mirror of Docker Hub for machines and for looking digests up",
        fallback: "Docker Hub itself",
      })
      .optional(),
    registries: z
      .array(registry)
      .default([])
      .meta({ description: "Logins of registries that ask who pulls", fallback: "none" }),
  })
  .transform((values) => ({ ...values, registryMirror: values.registryMirror?.replace(/\/$/, "") }))
  .prefault({})
  .meta({
    description:
      "Container images of the platform's own software, and registries; images by digest (NAME:TAG@sha256:...) need no registry at preview",
  });
