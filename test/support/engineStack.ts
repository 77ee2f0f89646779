// The whole platform under the real engine and the unmodified providers, without machines: the API is the local
// cloud in memory, and every SSH connection ends at one OpenSSH server on loopback that runs none of the scripts.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { Platform } from "../../components/platform";
import { parseSettings } from "../../components/stack/stackConfig";
import { TestCloud, TOKEN } from "../../localcloud/test/api/testCloud";
import { ensurePulumiHome } from "../../toolchain/pulumiHome";
import { type SshServer, startSshServer } from "../../toolchain/test/sshServer";

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

export interface EngineStack {
  readonly stack: Stack;
  readonly cloud: TestCloud;
  /** Every later preview, update and so on runs with these values. */
  configure(values: Values): void;
  /** Every later one calls the platform by this name at Pulumi. @param former names that it had before */
  call(name: string, former: readonly string[]): void;
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

/** Starts with no resource. The stack is called `prod`. */
export async function engineStack(first: Values): Promise<EngineStack> {
  let values = first;
  let [called, aliases] = ["platform", [] as { name: string }[]];
  const [home, cloud, ssh, folder] = await Promise.all([
    ensurePulumiHome((line) => console.error(line)),
    TestCloud.start({ timeScale: 0.001, soldOut: [soldOutType] }),
    startSshServer(),
    mkdtemp(join(tmpdir(), "platform-engine-")),
  ]);
  const { port } = await cloud.api.listen({ host: "127.0.0.1", port: 0 });
  const endpoint = `http://127.0.0.1:${port}/v1`;
  const privateKey = await readFile(ssh.keyFile, "utf8");
  const program = async () => {
    await pulumi.runtime.registerResourceTransform((args) => withoutMachines(args, ssh, privateKey));
    const settings = parseSettings(values, pulumi.getStack());
    const { offsite } = settings.storage.backup;
    const args = {
      settings,
      apiToken: typeof values.failoverToken === "string" ? values.failoverToken : TOKEN,
      apiEndpoint: endpoint,
      secrets: values.secrets as Readonly<Record<string, string>> | undefined,
      ...(offsite !== undefined && { offsiteCredentials: { accessKeyId: "id", secretAccessKey: "key" } }),
    };
    new Platform(called, args, { aliases });
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "prod", projectName: "hetzner-platform", program },
    {
      workDir: folder,
      pulumiCommand: await PulumiCommand.get({ root: dirname(dirname(home.bin)) }),
      envVars: {
        ...home.env,
        PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
        PULUMI_CONFIG_PASSPHRASE: "test",
        // Both halves of the provider, so that nothing can reach the real API (HC-P1).
        HCLOUD_ENDPOINT: endpoint,
        HETZNER_ENDPOINT: endpoint,
        PULUMI_PARALLEL: "32",
      },
    },
  );
  await stack.setAllConfig({
    "hcloud:endpoint": { value: endpoint },
    "hcloud:endpointHetzner": { value: endpoint },
    "hcloud:token": { value: TOKEN, secret: true },
    "hcloud:pollInterval": { value: "20ms" },
    "hcloud:pollFunction": { value: "constant" },
  });
  return {
    stack,
    cloud,
    configure: (next) => {
      values = next;
    },
    call: (name, former) => {
      called = name;
      aliases = former.map((alias) => ({ name: alias }));
    },
    plan: (replace) => planOf(stack, replace),
    writes: () =>
      cloud.log.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`),
    stop: async () => {
      await Promise.all([ssh.stop(), cloud.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
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
 * What a preview plans. The program runs in this process, which other tests keep busy: when the engine does not hear
 * of it in time, it gives up its connection, and the preview is asked once more.
 */
async function planOf(stack: Stack, replace?: string): Promise<PlannedStep[]> {
  return planOnce(stack, replace).catch((error: unknown) => {
    if (!String(error).includes("UNAVAILABLE: No connection established")) throw error;
    return planOnce(stack, replace);
  });
}

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
