import * as hcloud from "@pulumi/hcloud";
import {
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
  validateResourceOfType,
} from "@pulumi/policy";

/** Forms of secrets, with the words for what was found. */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\b[A-Za-z0-9]{64}\b(?<![0-9a-f]{64})/, "what looks like an API token of Hetzner"],
  [
    /^\s*(?:export\s+)?(?:[\w.-]*(?:password|passwd|secret|token))["']?\s*[:=]\s*["']?[^\s"'$/*!]{6,}/im,
    "a password in clear",
  ],
];

/** What every process on a machine can read at the metadata service for as long as the machine lives. */
export function secretsInUserData(userData = ""): string[] {
  return secretForms.flatMap(([form, what]) =>
    form.test(userData) ? [`user data holds ${what}: bring it by SSH, in a file of mode 0600`] : [],
  );
}

export const userDataWithoutSecrets: ResourceValidationPolicy = {
  name: "no-secret-in-user-data",
  description: "User data is no place for secrets: each process of the machine can read it.",
  severity: "critical",
  validateResource: validateResourceOfType(hcloud.Server, ({ userData }, _args, report) => {
    for (const problem of secretsInUserData(userData)) report(problem);
  }),
};

/** Types whose `image` or `name` is a container image. */
const imageProperties: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "image",
  "docker:index/remoteImage:RemoteImage": "name",
  "docker:index/service:Service": "image",
};

/** A tag may mean other bytes tomorrow. */
export function unpinnedImage(type: string, props: Readonly<Record<string, unknown>>): string[] {
  const image = props[imageProperties[type] ?? ""];
  if (typeof image !== "string" || /@?sha256:[0-9a-f]{64}$/.test(image)) return [];
  return [`image ${image} has no digest: append @sha256:...`];
}

export const pinnedImages: ResourceValidationPolicy = {
  name: "images-have-digests",
  description: "Containers run the bytes that were tested.",
  severity: "high",
  validateResource: ({ type, props }, report) => {
    for (const problem of unpinnedImage(type, props)) report(problem);
  },
};

/** A server as far as its place on Hetzner's hosts goes. */
export interface Placed {
  readonly name: string;
  readonly role?: string;
  readonly hasGroup: boolean;
}

/** Machines of a role that one broken host could take together. */
export function together(servers: readonly Placed[]): string[] {
  const roles = [...new Set(servers.flatMap(({ role }) => role ?? []))];
  return roles.flatMap((role) => {
    const machines = servers.filter((server) => server.role === role);
    const loose = machines.filter(({ hasGroup }) => !hasGroup).map(({ name }) => name);
    if (machines.length < 2 || loose.length === 0) return [];
    return [`${loose.join(", ")} of role ${role} may stand on one host: set placementGroupId of type spread`];
  });
}

/** What a preview does not know yet will be there. */
function isThere(value: () => unknown): boolean {
  try {
    return value() !== undefined;
  } catch (error) {
    if (error instanceof UnknownValueError) return true;
    throw error;
  }
}

export const spreadPairs: StackValidationPolicy = {
  name: "machines-of-a-role-are-spread",
  description: "Two machines of a role do not fail with one host.",
  severity: "high",
  validateStack: ({ resources }, report) => {
    const servers = resources.flatMap((resource) => {
      const server = resource.asType(hcloud.Server);
      if (server === undefined) return [];
      const hasGroup = isThere(() => server.placementGroupId);
      return [{ name: resource.name, role: server.labels?.role, hasGroup }];
    });
    for (const problem of together(servers)) report(problem);
  },
};
