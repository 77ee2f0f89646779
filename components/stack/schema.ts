import { z } from "zod";
import { defaultImage } from "../machine/context";
import { presetSchema } from "../presets/schema";
import { deployWindowSchema } from "../settings/deployWindow";
import { dnsSchema } from "../settings/dns";
import { amount, choice, flag, hostName, isLabel, text } from "../settings/leaves";
import { mutualTlsShape } from "../settings/mutualTls";
import { canonicalCidr, isNetworkCidr } from "../settings/ranges";
import { secretName, secretValue } from "../settings/secretLeaves";
import { acceptablePaths } from "../settings/settled";
import { locations } from "../sizing/locations";
import { bakedImagesSchema, imagesSchema } from "./images";
import { networkSchema } from "./network";
import { roleSecrets, roleSections, roleSettled } from "./roles";

const environmentName = text((value) => isLabel(value) && value.length <= 40, {
  allowed: "1 to 40 lower-case letters, digits and hyphens, with a letter or digit at both ends (RFC 1123)",
  remedy: "rename the stack, or set hetzner-platform:environment to the prefix of the servers' names",
  standIn: "stand-in",
}).meta({ description: "Prefix of every server's name", fallback: "the stack's name" });

const adminRange = text(isNetworkCidr, {
  allowed: "an IPv4 or IPv6 network address in CIDR form: 198.51.100.7/32 for one address",
  remedy: "write single addresses with /32 or /128, and clear the bits behind the prefix",
  standIn: "192.0.2.1/32",
});

const acceptable = acceptablePaths(roleSettled);

const acceptedChange = text(
  (value) => acceptable.includes(value.split("=", 1)[0] ?? "") && /^[^=]+=[a-z0-9_-]+$/.test(value),
  {
    allowed: `one of ${acceptable.join(", ")} with its new value: storage.bucket=media`,
    remedy: "write path=value, or remove the entry when the change is done",
    standIn: `${acceptable[0]}=standin`,
  },
);

/** The key that holds secrets by name; each value in it is encrypted for itself. */
export const namedSecrets = "secrets";

/** Keys whose values are secrets of the stack. */
export const secretKeys: readonly string[] = Object.keys(roleSecrets);

/** Every key under `hetzner-platform:` with its shape and default; rules between keys are elsewhere. */
export const stackSchema = z.strictObject({
  environment: environmentName,
  domain: hostName("www.example.com").meta({
    description: "Name that visitors use",
    fallback: "required",
  }),
  aliases: z
    .array(hostName())
    .default([])
    .transform((names) => [...new Set(names)])
    .meta({
      description: "Further names, whose visitors are sent to the domain: example.com",
      fallback: "none",
    }),
  dns: dnsSchema,
  adminRanges: z
    .array(adminRange)
    .default([])
    // Hetzner keeps each range once, and would differ from a list that names one twice.
    .transform((ranges) => [...new Set(ranges.map(canonicalCidr))])
    .meta({
      description:
        "Networks that may reach SSH on the load balancers, in CIDR form; the public address that pulumi runs from among them",
      fallback: "required",
    }),
  location: choice(
    locations.map((location) => location.name),
    "a location",
  )
    .describe("Hetzner location of everything")
    .default("nbg1"),
  image: text(/^(?:debian-13|baked|\d+)$/, {
    allowed: "debian-13, baked, or the number of a snapshot that was made from debian-13",
    remedy: "keep debian-13: the set-up installs that release's packages",
  })
    .describe("Image of every machine that is made from now on; baked: the one of its role in bakedImages")
    .default(defaultImage),
  bakedImages: bakedImagesSchema,
  network: networkSchema,
  mutualTls: mutualTlsShape,
  ...presetSchema,
  ...roleSections,
  images: imagesSchema,
  budgetEur: amount("the limit in EUR per month; 0 means none")
    .describe("Highest monthly sum in EUR without VAT that up accepts; 0: no limit")
    .default(0)
    .transform((limit) => (limit === 0 ? undefined : limit)),
  deployWindow: deployWindowSchema,
  protect: flag()
    .describe(
      "Network, addresses, volume, storage box, database and storage machine cannot be deleted until this is false; needs failoverToken",
    )
    .default(true),
  acceptChange: z.array(acceptedChange).default([]).meta({
    description:
      "Changes that data depends on and that are wanted: storage.bucket=media (docs/operations.md)",
    fallback: "none",
  }),
  ...roleSecrets,
  [namedSecrets]: z.record(secretName(), secretValue).default({}).meta({
    description:
      "Secrets by name, for services and registries: pulumi config set --secret --path hetzner-platform:secrets.NAME",
    fallback: "none",
    confidential: true,
  }),
});

/** A stack's configuration with the right shape and all defaults, secrets among it. */
export type StackValues = z.output<typeof stackSchema>;

/** What a stack's file says itself, when it has the right shape. */
export type GivenValues = z.input<typeof stackSchema>;
