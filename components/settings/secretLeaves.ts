import { secretText, text } from "./leaves";

/** Keys of a stack's configuration begin with it: `hetzner-platform:domain`. */
export const namespace = "hetzner-platform";

/** A name of the stack's `secrets`, as services and registries write it. */
export const secretName = (standIn?: string) =>
  text(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, {
    allowed: "the name of a secret: 1 to 63 letters, digits, hyphens and underscores, a letter first",
    remedy: `set the value with pulumi config set --secret --path ${namespace}:secrets.NAME, and write NAME here`,
    standIn,
    // Somebody may have pasted the secret itself.
    secret: true,
  });

export const secretValue = secretText(
  (value) => value !== "" && !/[\r\n\0]/.test(value),
  "text of one line",
  "encode longer text, such as a PEM key, in base64 (base64 -w0 FILE), and decode it in the application",
);
