import { rm } from "node:fs/promises";
import { execa } from "execa";
import { deleteLinks, deleteNamespaces, listLinks, listNamespaces } from "../linux/ip";
import { mountPoints, unmount } from "../linux/mounts";
import { readProcesses, stopServices } from "../linux/services";
import { findProxies, killProxies } from "../loadBalancers/processes";
import { cutPower, findWrapper } from "../machines/boot";
import { cgroupFolders, killGroups, removeCgroups } from "../machines/cgroups";
import { machineIds } from "../machines/folders";
import { detachOwnLoops, ownLoops } from "../machines/loops";
import { restoreForwarding } from "../network/forwarding";
import type { LocalCloudSettings } from "../settings/cloud";
import { isOwnNamespace, namesOf } from "../settings/names";
import { boxIds } from "../storageBoxes/folders";
import { findBoxProcess, removeSystem } from "../storageBoxes/server";

/** Ends every machine and takes away all that this cloud has on the host, except its cache. Works from any state. */
export async function removeEverything(settings: LocalCloudSettings): Promise<void> {
  await Promise.all((await machineIds(settings)).map((id) => cutPower(settings, id)));
  for (const id of await boxIds(settings)) await removeSystem(settings, id);
  await killGroups(settings);
  // Before their namespaces go, which a process in them would keep.
  await stopServices(settings);
  await killProxies(settings);
  const names = namesOf(settings);
  const namespaces = (await listNamespaces()).filter((name) => isOwnNamespace(settings, name));
  if (namespaces.includes(names.publicRouter)) {
    const links = await listLinks(names.publicRouter);
    await deleteLinks(
      names.publicRouter,
      links.map(({ ifname }) => ifname),
    );
  }
  await deleteLinks(null, [names.hostLink]);
  await deleteNamespaces(namespaces);
  await execa("nft", ["destroy", "table", "inet", names.hostTable], { reject: false });
  await execa("nft", ["delete", "table", "inet", names.hostTable], { reject: false });
  await restoreForwarding(settings);
  for (const mount of (await ownMounts(settings)).reverse()) await unmount(mount);
  await detachOwnLoops(settings);
  await removeCgroups(settings);
  const { machines, volumes, snapshots, dhcp, storageBoxes, loadBalancers } = settings.paths;
  for (const folder of [machines, volumes, snapshots, dhcp, storageBoxes, loadBalancers])
    await rm(folder, { recursive: true, force: true });
}

/**
 * What of this cloud still exists on the host, one line each; empty after `down`.
 */
export async function leftovers(settings: LocalCloudSettings): Promise<string[]> {
  const names = namesOf(settings);
  const found: string[] = [];
  for (const id of await machineIds(settings)) {
    const wrapper = await findWrapper(settings, id);
    if (wrapper !== undefined) found.push(`process ${wrapper.pid} of machine ${id}`);
  }
  for (const id of await boxIds(settings)) {
    const server = await findBoxProcess(settings, id);
    if (server !== undefined) found.push(`process ${server.pid} of storage box ${id}`);
  }
  found.push(...(await ownProcesses(settings)));
  for (const [id, { all }] of await findProxies(settings)) {
    found.push(...all.map(({ pid }) => `process ${pid} of load balancer ${id}`));
  }
  for (const name of await listNamespaces()) {
    if (isOwnNamespace(settings, name)) found.push(`namespace ${name}`);
  }
  const links = await listLinks(null);
  if (links.some(({ ifname }) => ifname === names.hostLink)) found.push(`link ${names.hostLink}`);
  found.push(...(await ownRoutesAndAddresses(settings)));
  const tables = await execa("nft", ["list", "tables"], { reject: false });
  if (tables.stdout?.split("\n").includes(`table inet ${names.hostTable}`)) {
    found.push(`nft table inet ${names.hostTable}`);
  }
  found.push(...(await ownMounts(settings)).map((mount) => `mount ${mount}`));
  found.push(...(await ownLoops(settings)).map((device) => `loop device ${device}`));
  found.push(...(await cgroupFolders(settings)).map((folder) => `cgroup ${folder}`));
  return found;
}

async function ownMounts(settings: LocalCloudSettings): Promise<string[]> {
  return (await mountPoints()).filter((path) => path.startsWith(`${settings.stateDir}/`));
}

/** Processes that the daemon left on record and that run still. */
async function ownProcesses(settings: LocalCloudSettings): Promise<string[]> {
  return (await readProcesses(settings)).map(({ name, pid }) => `process ${pid} (${name})`);
}

async function ownRoutesAndAddresses(settings: LocalCloudSettings): Promise<string[]> {
  const { stdout: routes } = await execa("ip", ["-4", "route", "show"], { reject: false });
  const { stdout: addresses } = await execa("ip", ["-4", "-oneline", "address", "show"], { reject: false });
  const link = namesOf(settings).hostLink;
  const lines = [...(routes ?? "").split("\n"), ...(addresses ?? "").split("\n")];
  return lines.filter((line) => line.includes(`dev ${link} `) || line.includes(` ${settings.hostAddress}/`));
}
