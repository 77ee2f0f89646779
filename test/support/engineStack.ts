// The whole platform under the real engine and the unmodified providers, without machines: the API is the local
// cloud in memory, and every SSH connection ends at one OpenSSH server on loopback that runs none of the scripts.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation";
import { Platform } from "../../components/platform";
import { parseSettings } from "../../components/stack/stackConfig";
import { TestCloud, TOKEN } from "../../localcloud/test/api/testCloud";
import { type SshServer, startSshServer } from "../../toolchain/test/sshServer";
import { hcloudStack } from "./hcloudStack";

/** A stack's configuration as its file holds it, without the project's prefix. */
export type Values = Readonly<Record<string, unknown>>;

/** One thing that the engine would do: `update`, `replace`, `create`, `delete`. */
export interface PlannedStep {
  readonly op: string;
  /** `Server`. */
  readonly type: string;
  /** `platform-database-database1-server`. */
  readonly name: string;
  /** Properties that differ. */
  readonly differs: readonly string[];
}

/** How the resources of a stack reach the API. */
export interface StackApi {
  readonly apiToken: string;
  readonly apiEndpoint: string;
}

export interface EngineStack {
  readonly stack: Stack;
  readonly cloud: TestCloud;
  /** Every later preview, update and so on runs with these values. */
  configure(values: Values): void;
  /** Every later one calls the platform by this name at Pulumi. @param former names that it had before */
  call(name: string, former: readonly string[]): void;
  /** Every later one makes these resources instead of the platform. */
  make(program: (api: StackApi) => void): void;
  /**
   * What a preview plans, unchanged resources left out.
   *
   * @param replace name of a resource that is to be replaced
   * @throws with what the engine says is wrong
   */
  plan(replace?: string): Promise<PlannedStep[]>;

  /** Requests to the API that would change something. */
  writes(): string[];
  stop(): Promise<void>;
}

/** A server type that this cloud cannot deliver. */
export const soldOutType = "ccx43";

/** An image that no registry is asked about. */
export const image = (name: string) => `${name}@sha256:${"a".repeat(64)}`;

/** What the platform of a stack is made of: the tests change it between runs. */
interface Wanted {
  values: Values;
  name: string;
  aliases: readonly { readonly name: string }[];
  instead?: (api: StackApi) => void;
  /** How often the program has run. */
  runs: number;
}

/** Starts with no resource. The stack is called `prod`. */
export async function engineStack(first: Values): Promise<EngineStack> {
  const wanted: Wanted = { values: first, name: "platform", aliases: [], runs: 0 };
  const [cloud, ssh, folder] = await Promise.all([
    TestCloud.start({ timeScale: 0.001, soldOut: [soldOutType] }),
    startSshServer(),
    mkdtemp(join(tmpdir(), "platform-engine-")),
  ]);
  const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}/v1`;
  const stack = await hcloudStack({
    ...{ stackName: "prod", projectName: "hetzner-platform", folder, endpoint, token: TOKEN },
    program: platformProgram(wanted, endpoint, ssh, await readFile(ssh.keyFile, "utf8")),
    pollInterval: "20ms",
  });
  return {
    stack,
    cloud,
    configure: (next) => {
      wanted.values = next;
    },
    call: (name, former) => {
      wanted.name = name;
      wanted.aliases = former.map((alias) => ({ name: alias }));
    },
    make: (program) => {
      wanted.instead = program;
    },
    plan: (replace) => planOf(stack, wanted, replace),
    writes: () =>
      cloud.log.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
    stop: async () => {
      await Promise.all([ssh.stop(), cloud.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The program of a stack, which makes what is wanted when it runs. */
function platformProgram(wanted: Wanted, endpoint: string, ssh: SshServer, privateKey: string) {
  return async () => {
    wanted.runs += 1;
    await pulumi.runtime.registerResourceTransform((args) => withoutMachines(args, ssh, privateKey));
    const { values, name, aliases, instead } = wanted;
    if (instead !== undefined) return instead({ apiToken: TOKEN, apiEndpoint: endpoint });
    const settings = parseSettings(values, pulumi.getStack());
    const { offsite } = settings.storage.backup;
    const args = {
      settings,
      apiToken: typeof values.failoverToken === "string" ? values.failoverToken : TOKEN,
      apiEndpoint: endpoint,
      secrets: values.secrets as Readonly<Record<string, string>> | undefined,
      ...(typeof values.dnsToken === "string" && { roleSecrets: { dnsToken: values.dnsToken } }),
      ...(offsite !== undefined && { offsiteCredentials: { accessKeyId: "id", secretAccessKey: "key" } }),
    };
    new Platform(name, args, { aliases: [...aliases] });
  };
}

function withoutMachines(
  { type, name, props, opts }: pulumi.ResourceTransformArgs,
  ssh: SshServer,
  privateKey: string,
): pulumi.ResourceTransformResult | undefined {
  if (type !== "command:remote:Command") return undefined;
  const connection = { host: "127.0.0.1", port: ssh.port, user: "root", privateKey };
  const create = name.endsWith("-ready") ? `echo '${ssh.hostKey}'` : "cat >/dev/null";
  return { props: { ...props, connection, create }, opts };
}

/**
 * What a preview plans. The program runs in this process, which other tests keep busy: when the engine and its program
 * do not hear of each other in time, they give up their connection, and the preview is asked once more.
 */
async function planOf(stack: Stack, wanted: Wanted, replace?: string): Promise<PlannedStep[]> {
  const plan = async () => {
    const before = wanted.runs;
    const steps = await planOnce(stack, replace);
    // Pulumi's SDK says nothing when the first call to the engine fails, and the engine would delete everything
    // (findings/pulumi-lost-registration-deletes-resources.sh).
    if (wanted.runs === before) throw new Error(`${noConnection}: the program never ran`);
    return steps;
  };
  return plan().catch((error: unknown) => {
    if (!String(error).includes(noConnection)) throw error;
    return plan();
  });
}

const noConnection = "UNAVAILABLE: No connection established";

async function planOnce(stack: Stack, replace?: string): Promise<PlannedStep[]> {
  const steps: PlannedStep[] = [];
  const { resources } = (await stack.exportStack()).deployment;
  const urns = resources.map(({ urn }: { urn: string }) => urn);
  const errors: string[] = [];
  const preview = stack.preview({
    color: "never",
    replace: urns.filter((urn: string) => replace !== undefined && urn.endsWith(`::${replace}`)),
    onEvent: ({ resourcePreEvent, diagnosticEvent }) => {
      if (diagnosticEvent?.severity === "error") errors.push(diagnosticEvent.message);
      if (resourcePreEvent === undefined) return;
      const { op, urn, type, detailedDiff } = resourcePreEvent.metadata;
      if (op === "same" || type === "pulumi:pulumi:Stack") return;
      steps.push({
        op,
        type: type.split(":").at(-1) ?? type,
        name: urn.split("::").at(-1) ?? urn,
        differs: Object.keys(detailedDiff ?? {}),
      });
    },
  });
  await preview.catch((error: unknown) => {
    throw new Error(errors.join("\n"), { cause: error });
  });
  return steps;
}
