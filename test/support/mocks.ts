import * as pulumi from "@pulumi/pulumi";

/** One resource as the engine would have received it. */
export interface RecordedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly parent: string;
  readonly protect: boolean;
  readonly deletedWith: string;
  readonly ignoreChanges: readonly string[];
  readonly deleteBeforeReplace: boolean;
  readonly additionalSecretOutputs: readonly string[];
}

/** The request of a registration, as far as tests look at it. */
export interface Registration {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getDeletedwith(): string;
  getIgnorechangesList(): string[];
  getDeletebeforereplace(): boolean;
  getAdditionalsecretoutputsList(): string[];
  getRetainondelete(): boolean;
  getReplaceonchangesList(): string[];
  getProvider(): string;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): {
    forEach(visit: (property: { getUrnsList(): string[] }, name: string) => void): void;
  };
  getCustomtimeouts(): { toObject(): Readonly<Record<string, string>> } | undefined;
  getAliasesList(): { toObject(): Readonly<Record<string, unknown>> }[];
}

export const secretSignature = "4dabf18193072939515e22adb298388d";

/**
 * Runs a program against recording mocks and answers every resource that it registered, with its options.
 * Ids are numbers as Hetzner's are. Outputs are the inputs plus what `outputs` answers.
 */
export async function recordProgram(
  program: () => unknown,
  options: {
    readonly preview?: boolean;
    readonly outputs?: (type: string, name: string) => Record<string, unknown>;
    readonly call?: (token: string, inputs: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  } = {},
): Promise<RecordedResource[]> {
  const inputs = new Map<string, Record<string, unknown>>();
  let nextId = 1000;
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        inputs.set(`${args.type} ${args.name}`, args.inputs);
        if (options.preview) return { id: undefined, state: {} };
        return {
          id: String(nextId++),
          state: { stdout: "", stderr: "", ...args.inputs, ...options.outputs?.(args.type, args.name) },
        };
      },
      call: (args) => ({ ...args.inputs, ...options.call?.(args.token, args.inputs) }),
    },
    "hetzner-platform",
    "test",
    options.preview ?? false,
  );
  const registrations = recordRegistrations();
  await program();
  await pulumi.runtime.disconnect();
  return registrations.map((request) => ({
    ...optionsOf(request),
    inputs: inputs.get(`${request.getType()} ${request.getName()}`) ?? {},
  }));
}

const optionsOf = (request: Registration) => ({
  type: request.getType(),
  name: request.getName(),
  parent: request.getParent(),
  protect: request.getProtect(),
  deletedWith: request.getDeletedwith(),
  ignoreChanges: request.getIgnorechangesList(),
  deleteBeforeReplace: request.getDeletebeforereplace(),
  additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
});

/** Options are not part of what mocks get, so the monitor is listened to. */
export function recordRegistrations(): Registration[] {
  const recorded: Registration[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (request: Registration, callback: unknown) => unknown;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    recorded.push(request);
    return register(request, callback);
  };
  return recorded;
}

/** The resource of this type whose name ends so. */
export function resourceNamed(
  resources: readonly RecordedResource[],
  type: string,
  ending: string,
): RecordedResource {
  const found = resources.filter((resource) => resource.type === type && resource.name.endsWith(ending));
  if (found.length !== 1 || found[0] === undefined) {
    const there = resources.map((resource) => `${resource.type} ${resource.name}`).join("\n");
    throw new Error(`${found.length} resources of type ${type} end with ${ending}; there are\n${there}`);
  }
  return found[0];
}

/** Whether the value is wrapped as a secret on the wire. */
export function isSecretValue(value: unknown): boolean {
  return typeof value === "object" && value !== null && secretSignature in value;
}

/** Paths under which `marker` stands outside of any secret; empty is what one wants. */
export function clearTextPaths(value: unknown, marker: string, path = ""): string[] {
  if (isSecretValue(value)) return [];
  if (typeof value === "string") return value.includes(marker) ? [path] : [];
  if (Array.isArray(value))
    return value.flatMap((item, index) => clearTextPaths(item, marker, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => clearTextPaths(item, marker, `${path}.${key}`));
}
