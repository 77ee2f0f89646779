// A stack of the real engine with the unmodified providers, which reach one local cloud and nothing else.
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { stackIn } from "./programStack";

export interface HcloudStackOptions {
  readonly stackName: string;
  readonly projectName: string;
  /** Can be replaced later: `stack.workspace.program`. @default nothing */
  readonly program?: PulumiFn;
  /** Where its state lies. */
  readonly folder: string;
  /** Of the local cloud: `http://127.0.0.1:8080/v1`. */
  readonly endpoint: string;
  readonly token: string;
  /** How often the provider asks for an action. @default "50ms" */
  readonly pollInterval?: string;
}

/** Opens it, without a resource when its folder is empty. @throws as {@link stackIn} does */
export async function hcloudStack(options: HcloudStackOptions): Promise<Stack> {
  const { folder, endpoint, ...named } = options;
  const stack = await stackIn(folder, {
    ...named,
    env: {
      PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
      PULUMI_PARALLEL: "32",
      // Both halves of the provider, so that nothing can reach the real API (HC-P1).
      HCLOUD_ENDPOINT: endpoint,
      HETZNER_ENDPOINT: endpoint,
    },
  });
  await stack.setAllConfig({
    "hcloud:endpoint": { value: endpoint },
    "hcloud:endpointHetzner": { value: endpoint },
    "hcloud:token": { value: options.token, secret: true },
    "hcloud:pollInterval": { value: options.pollInterval ?? "50ms" },
    "hcloud:pollFunction": { value: "constant" },
  });
  return stack;
}
