import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import type { Progress } from "../toolchain/cacheDir";

/** When the engine worked on one resource; milliseconds since 1970. */
export interface ResourceSpan {
  readonly urn: string;
  readonly operation: string;
  readonly start: number;
  readonly end: number;
  /** URNs that had to be there before. */
  readonly dependencies: readonly string[];
}

/** What one `pulumi up` did and how long each resource took. */
export interface Deployment {
  readonly start: number;
  readonly end: number;
  /** Number of resources by operation: `{ create: 40 }`, `{ same: 40 }`. */
  readonly changes: Readonly<Record<string, number>>;
  readonly spans: readonly ResourceSpan[];
  /** Secret ones are masked: a deployment is written to a file. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** `pulumi up` with one line of progress for each resource, and with the spans that the bench reads. */
export async function deploy(stack: Stack, progress: Progress, configFile?: string): Promise<Deployment> {
  const start = Date.now();
  const recorder = recordSpans(progress);
  const messages: string[] = [];
  const result = await stack
    .up({
      configFile,
      color: "never",
      onEvent: (event) => {
        recorder.see(event);
        const { diagnosticEvent } = event;
        if (diagnosticEvent?.severity === "error") messages.push(diagnosticEvent.message.trim());
        if (diagnosticEvent?.severity.startsWith("info")) progress(lastLine(diagnosticEvent.message));
      },
    })
    .catch((error: unknown) => {
      throw new Error(messages.length > 0 ? messages.join("\n\n") : String(error));
    });
  const outputs = Object.fromEntries(
    Object.entries(result.outputs).map(([name, { value, secret }]) => [name, secret ? "[secret]" : value]),
  );
  return {
    start,
    end: Date.now(),
    changes: changesOf(result.summary.resourceChanges),
    spans: await withDependencies(stack, recorder.spans),
    outputs,
  };
}

/** Number of resources by operation; operations of none are left out. */
export function changesOf(
  changes: Readonly<Record<string, number | undefined>> | undefined,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(changes ?? {}).flatMap(([kind, count]) => (count ? [[kind, count]] : [])),
  );
}

type Span = Omit<ResourceSpan, "dependencies">;

/** Components only wait for their children: what takes time are the resources that a provider makes. */
async function withDependencies(stack: Stack, spans: readonly Span[]): Promise<ResourceSpan[]> {
  if (spans.length === 0) return [];
  const { deployment } = await stack.exportStack();
  const { resources } = deployment as {
    resources?: { urn: string; custom: boolean; dependencies?: string[] }[];
  };
  const made = new Map(
    (resources ?? []).filter((resource) => resource.custom).map((resource) => [resource.urn, resource]),
  );
  return spans.flatMap((span) => {
    const resource = made.get(span.urn);
    return resource === undefined ? [] : [{ ...span, dependencies: resource.dependencies ?? [] }];
  });
}

function recordSpans(progress: Progress): { spans: Span[]; see: (event: EngineEvent) => void } {
  const begun = new Map<string, number>();
  const spans: Span[] = [];
  const see = (event: EngineEvent) => {
    const before = event.resourcePreEvent?.metadata;
    const after = event.resOutputsEvent?.metadata;
    if (before !== undefined) begun.set(before.urn, Date.now());
    if (after === undefined || after.op === "same") return;
    const start = begun.get(after.urn) ?? Date.now();
    spans.push({ urn: after.urn, operation: after.op, start, end: Date.now() });
    progress(`${after.op} ${resourceName(after.urn)}`);
  };
  return { spans, see };
}

/** `...::hcloud:index/server:Server::edge1-server` becomes `Server edge1-server`. */
function resourceName(urn: string): string {
  const [, , type = "", name = ""] = urn.split("::");
  return `${type.split(":").at(-1)} ${name}`;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
