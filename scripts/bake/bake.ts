// One image for each role: from a stock server that runs the role's own set-up until its software is there.
import { defaultImage } from "../../components/machine/context";
import type { DockerOptions } from "../../components/setup/docker";
import { setupCommand } from "../../components/setup/render";
import type { Progress } from "../../toolchain/cacheDir";
import { stopSignal } from "../../toolchain/signals";
import type { CloudClient } from "../cloudClient";
import { type BakedImage, bakedImagesOf, bakeLabels, currentImage, superfluousImages } from "./images";
import { awaitStock, bakeScript } from "./script";
import { openShell } from "./shell";
import { contentHash, type RoleSoftware } from "./software";
import { type BakePlace, createServer, removeTemporary, snapshotServer } from "./temporaryServer";

/** What is there, and what a bake makes and removes. */
export interface BakePlan {
  /** Images that hold what their roles want, by role. */
  readonly current: Readonly<Record<string, BakedImage>>;
  readonly wanted: readonly RoleSoftware[];
}

/** @param renew makes all anew, whatever there is */
export async function planBake(
  cloud: CloudClient,
  environment: string,
  software: readonly RoleSoftware[],
  renew: boolean,
): Promise<BakePlan> {
  const images = renew ? [] : await bakedImagesOf(cloud, environment);
  const now = new Date();
  const found = software.map((role) => [role, currentImage(role, images, now)] as const);
  return {
    current: Object.fromEntries(found.flatMap(([{ role }, image]) => (image ? [[role, image]] : []))),
    wanted: found.flatMap(([role, image]) => (image === undefined ? [role] : [])),
  };
}

export interface BakeOrder extends BakePlace {
  readonly docker: DockerOptions;
  /** Ends the bake; what it has begun is removed. */
  readonly signal: AbortSignal;
}

/**
 * Makes the images of these roles side by side. Whatever happens, no server, firewall and key of it is left, unless this
 * process is killed: the next bake removes them then.
 *
 * @returns numbers of the images by role
 * @throws with what went wrong for each role
 */
export async function bake(
  cloud: CloudClient,
  order: BakeOrder,
  wanted: readonly RoleSoftware[],
  progress: (role: string, line: string) => void,
): Promise<Record<string, number>> {
  const results = await Promise.allSettled(
    wanted.map((software) => bakeRole(cloud, order, software, (line) => progress(software.role, line))),
  );
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [`${wanted[index]?.role}: ${messageOf(result.reason)}`] : [],
  );
  if (order.signal.aborted) throw new Error("stopped: what was begun is removed");
  if (failed.length > 0) throw new Error(failed.join("\n\n"));
  const ids = results.map((result) => (result.status === "fulfilled" ? result.value : 0));
  return Object.fromEntries(wanted.map(({ role }, index) => [role, ids[index] ?? 0]));
}

/**
 * Makes what a plan wants, after what a killed bake has left is removed.
 *
 * @returns numbers of all images of the plan, by role
 */
export async function carryOut(
  cloud: CloudClient,
  order: BakeOrder,
  plan: BakePlan,
  progress: (role: string, line: string) => void,
): Promise<Readonly<Record<string, number>>> {
  if (plan.wanted.length > 0) {
    const left = await removeTemporary(cloud, order.environment);
    for (const name of left) progress("before", `removed ${name}, which another bake had left`);
  }
  const made = await bake(cloud, order, plan.wanted, progress);
  const current = Object.entries(plan.current).map(([role, { id }]) => [role, id] as const);
  return { ...Object.fromEntries(current), ...made };
}

/** Aborted by Ctrl-C; a second one ends the process, and the next bake removes what is left. */
export function bakeSignal(say: (line: string) => void): AbortSignal {
  return stopSignal(() => say("stopping: removing what was begun; once more leaves it to the next bake"));
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function bakeRole(
  cloud: CloudClient,
  order: BakeOrder,
  software: RoleSoftware,
  progress: Progress,
): Promise<number> {
  const { role, packages, images } = software;
  const { environment, signal, docker } = order;
  try {
    progress(`making a server of ${defaultImage}`);
    const server = await createServer(cloud, order, role);
    const shell = await openShell(server.address, server.privateKey, signal);
    try {
      signal.throwIfAborted();
      await shell.firstContact(awaitStock);
      await shell.run(setupCommand, bakeScript(software, docker), progress);
    } finally {
      await shell.close();
    }
    signal.throwIfAborted();
    progress("copying its disk");
    const labels = { ...bakeLabels(environment, role), content: contentHash(software) };
    const description = `${environment} ${role}: ${packages.length} packages, ${images.length} container images`;
    return await snapshotServer(cloud, server, labels, description);
  } finally {
    progress("removing the server");
    await removeTemporary(cloud, environment, role);
  }
}

/** Removes the images that nobody needs. @returns them */
export async function pruneImages(
  cloud: CloudClient,
  environment: string,
  roles: readonly string[],
  named: readonly number[],
): Promise<BakedImage[]> {
  const superfluous = superfluousImages(await bakedImagesOf(cloud, environment), roles, named);
  for (const { id } of superfluous) await cloud("DELETE", `/images/${id}`);
  return superfluous;
}
