import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { parse } from "yaml";
import { ensureAcmeServer } from "../localcloud/src/daemon/acme";
import { localCloudSettings } from "../localcloud/src/settings/cloud";
import type { Progress } from "../toolchain/cacheDir";
import { cloudClient } from "./cloudClient";
import { type Deployment, deploy } from "./deployment";
import { localStackName, projectRoot } from "./localStack";
import { ensureZone } from "./localZone";

const stackFile = join(projectRoot, `Pulumi.${localStackName}.yaml`);

/**
 * `pulumi up` of the local stack, beside what the internet has for a real one: the zone of its domain, and an authority
 * that issues certificates, which does not hold it up.
 *
 * @param configFile configuration in place of the stack's file
 * @throws when it fails, or one of the two
 */
export async function deployLocal(
  stack: Stack,
  progress: Progress,
  configFile?: string,
): Promise<Deployment> {
  await ensureLocalZone(configFile);
  const [deployment, authority] = await Promise.allSettled([
    deploy(stack, progress, configFile),
    ensureAcmeServer(progress),
  ]);
  if (deployment.status === "rejected") throw deployment.reason;
  if (authority.status === "rejected") throw authority.reason;
  return deployment.value;
}

/** The zone that the configuration names, in the local cloud that is up; nothing where it names none. */
export async function ensureLocalZone(configFile: string = stackFile): Promise<void> {
  const { config } = parse(await readFile(configFile, "utf8")) as {
    readonly config: { readonly "hetzner-platform:dns"?: { readonly zone: string } };
  };
  const dns = config["hetzner-platform:dns"];
  const { endpoint, tokens } = localCloudSettings();
  const [token = ""] = Object.values(tokens);
  if (dns !== undefined) await ensureZone(cloudClient(endpoint, token), dns.zone);
}
