import type { PreviewOptions, RefreshOptions, UpdateSummary } from "@pulumi/pulumi/automation";
import type { CloudClient, CloudClients } from "../../../scripts/cloudClient";
import type { RecordedResource } from "../../support/mocks";

/** A run as the engine's history tells it. */
export const run = (result: UpdateSummary["result"], minute: number) =>
  ({
    kind: "update",
    result,
    startTime: new Date(Date.UTC(2026, 10, 29, 12, minute)),
    endTime: new Date(Date.UTC(2026, 10, 29, 12, minute + 1)),
  }) as UpdateSummary;

/**
 * A stack whose state is `deployment`; importing replaces it, and reading is noted.
 *
 * @param ahead what the program would create next
 * @param history newest first
 */
export function stackWith(
  deployment: object,
  ahead: readonly Pick<RecordedResource, "type" | "name" | "inputs">[] = [],
  history: UpdateSummary[] = ahead.length > 0 ? [run("failed", 10), run("succeeded", 0)] : [],
) {
  const stack = {
    deployment,
    read: [] as string[],
    history: async () => history,
    preview: async ({ onEvent }: PreviewOptions = {}) => {
      for (const [index, resource] of ahead.entries()) {
        const made = { ...written(resource), custom: true, id: "", outputs: {}, ...engineGives };
        const state = { ...made, inputs: resource.inputs };
        const metadata = { op: "create" as const, urn: made.urn, type: made.type, new: state };
        onEvent?.({
          sequence: index,
          timestamp: 0,
          resourcePreEvent: { metadata: { ...metadata, provider: "" } },
        });
      }
      return { stdout: "", stderr: "", changeSummary: {} };
    },
    refresh: async ({ target = [] }: RefreshOptions = {}) => {
      stack.read.push(...target);
      return { stdout: "", stderr: "", summary: {} as UpdateSummary };
    },
    exportStack: async () => ({ version: 3, deployment: structuredClone(stack.deployment) }),
    importStack: async (state: { deployment: object }) => {
      stack.deployment = state.deployment;
    },
  };
  return stack;
}

/** As the engine writes a resource: an empty map of inputs leaves no key behind. */
export function written({ type, name, inputs }: Pick<RecordedResource, "type" | "name" | "inputs">) {
  const urn = `urn:pulumi:prod::hetzner-platform::${type}::${name}`;
  return Object.keys(inputs).length === 0 ? { urn, type } : { urn, type, inputs };
}

export const engineGives = {
  parent: "urn:pulumi:prod::p::pulumi:pulumi:Stack::p-prod",
  provider: "urn:provider::1",
};

export const creating = (resource: Parameters<typeof written>[0]) => ({
  type: "creating",
  resource: written(resource),
});

/** An API with nothing in it that notes every request. */
export function emptyCloud(): { clouds: CloudClients; requests: string[] } {
  const requests: string[] = [];
  const client: CloudClient = async (method, path) => {
    requests.push(`${method} ${path}`);
    const [, collection] = /^\/(\w+)\?name=./.exec(path) ?? [];
    return collection === undefined ? undefined : { [collection]: [] };
  };
  return { clouds: { cloud: client, hetzner: client }, requests };
}

export const noProgress = () => {};
