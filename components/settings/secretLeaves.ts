import { z } from "zod";
import { isRegistry } from "./imageName";
import { secretText, text } from "./leaves";

/** A name of the stack's `secrets`, as services and registries write it. */
export const secretName = (standIn?: string) =>
  text(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, {
    allowed: "the name of a secret: 1 to 63 letters, digits, hyphens and underscores, a letter first",
    remedy:
      "set the value with pulumi config set --secret --path hetzner-platform:secrets.NAME, and write NAME here",
    standIn,
    // Somebody may have pasted the secret itself.
    secret: true,
  });

export const secretValue = secretText(
  (value) => value !== "" && !/[\r\n\0]/.test(value),
  "text of one line",
  "encode longer text, such as a PEM key, in base64 (base64 -w0 FILE), and decode it in the application",
);

/** It becomes the value of a line in rclone.conf, and S3 signs with nothing but what can be printed. */
export const offsiteKey = (key: string) =>
  secretText(
    (value) => /^[\x21-\x7e]{1,512}$/.test(value),
    "at most 512 letters, digits and signs of one line, no spaces",
    `copy the key alone, as the endpoint's provider shows it: pulumi config set --secret ${key}`,
  );

/** As Docker tells a registry from the first part of a name on Docker Hub, whose other names it does not log in to. */
const isRegistryHost = (value: string) =>
  isRegistry(value) &&
  /[.:]|^localhost$/.test(value) &&
  (value === "docker.io" || !/(?:^|\.)docker\.(?:io|com)$/.test(value));

/** A login of a container registry. */
export const registry = z.strictObject({
  host: text(isRegistryHost, {
    allowed: "a registry as image references begin with it: ghcr.io, registry.example.com:5000, docker.io",
    remedy: "write the host alone, without https:// and path; Docker Hub is docker.io",
    standIn: "registry.example.com",
  }),
  username: text(/^[^:\s\0]+$/, {
    allowed: "a user's name without colons and spaces",
    remedy: "write the name that docker login asks for",
    standIn: "stand-in",
  }),
  passwordSecret: secretName("standIn"),
});
