import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";

/** Settings of the policy. */
export interface ProtectedEnvironments {
  /** Values of the label `environment`. @default ["prod", "production"] */
  readonly environments?: readonly string[];
}

const usualEnvironments = ["prod", "production"];

/** What is lost with a resource, or is somebody else's the next minute, as an address is. */
const lasting: Readonly<Record<string, string>> = {
  "hcloud:index/volume:Volume": "its data",
  "hcloud:index/floatingIp:FloatingIp": "the address that DNS names",
  "hcloud:index/primaryIp:PrimaryIp": "the address that DNS names",
  "hcloud:index/storageBox:StorageBox": "its data",
};

const lastingRoles: Readonly<Record<string, string>> = {
  database: "its databases",
  storage: "its objects and backups",
};

type Checked = Pick<ResourceValidationArgs, "type" | "props" | "opts">;

/** How a resource of a production could be deleted by mistake, with what that would lose. */
export function unprotected({ type, props, opts }: Checked, of: ProtectedEnvironments): string[] {
  const { environment = "", role = "" } = (props.labels ?? {}) as Readonly<Record<string, string>>;
  const lost = type === "hcloud:index/server:Server" ? lastingRoles[role] : lasting[type];
  if (lost === undefined || !(of.environments ?? usualEnvironments).includes(environment)) return [];
  return [
    ...(props.deleteProtection === true
      ? []
      : [`Hetzner would delete it, and ${lost}: set deleteProtection, or protect: true`]),
    ...(opts.protect === true
      ? []
      : [`pulumi would delete it, and ${lost}: set the resource option protect, or protect: true`]),
  ];
}

export const protectedData: ResourceValidationPolicy = {
  name: "data-of-production-is-protected",
  description: "Volumes, addresses and servers with data cannot be deleted by mistake.",
  severity: "critical",
  configSchema: {
    properties: {
      environments: { type: "array", items: { type: "string" }, default: usualEnvironments },
    },
  },
  validateResource: (args, report) => {
    for (const problem of unprotected(args, args.getConfig<ProtectedEnvironments>())) report(problem);
  },
};
