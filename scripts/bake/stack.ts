// What a bake needs to know of a stack, of its files and of its configuration.
import type { Stack } from "@pulumi/pulumi/automation";
import { registryLogins } from "../../components/credentials";
import type { PlatformSettings } from "../../components/stack/settings";
import { programInputs, readStackFile } from "../../components/stack/stackFile";
import { type CloudClient, cloudClient } from "../cloudClient";
import { renderSetups } from "../renderSetups";
import type { BakeOrder } from "./bake";
import { type RoleSoftware, roleSoftware } from "./software";

export interface BakedStack {
  readonly settings: PlatformSettings;
  readonly software: readonly RoleSoftware[];
}

/** Of the stack's files alone. @throws when they are wrong, with every mistake */
export async function readBakedStack(stack: string): Promise<BakedStack> {
  const { settings, plan } = readStackFile(stack);
  const setups = await renderSetups(settings, programInputs(stack));
  return { settings, software: roleSoftware(plan, setups) };
}

/** The API that the stack's own configuration opens, and what is asked of it. @throws when there is no token */
export async function readAccess(
  stack: Stack,
  settings: PlatformSettings,
): Promise<{ readonly cloud: CloudClient } & Omit<BakeOrder, "signal">> {
  const config = await stack.getAllConfig();
  const token = config["hcloud:token"]?.value ?? process.env.HCLOUD_TOKEN;
  if (token === undefined)
    throw new Error("hcloud:token is not set: pulumi config set hcloud:token --secret");
  const endpoint =
    config["hcloud:endpoint"]?.value ?? process.env.HCLOUD_ENDPOINT ?? "https://api.hetzner.cloud/v1";
  const secrets = JSON.parse(config["hetzner-platform:secrets"]?.value ?? "{}") as Record<string, string>;
  const { environment, location, adminRanges, images } = settings;
  const logins = registryLogins(images.registries, secrets);
  return {
    cloud: cloudClient(endpoint, token),
    ...{ environment, location, adminRanges },
    docker: { registryMirror: images.registryMirror, logins },
  };
}
