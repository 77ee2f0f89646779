// The peer of a machine's creation: systemd-nspawn by hand on the same root, in a namespace that has its address.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { deleteNamespaces, ipBatch } from "../src/linux/ip";
import { unmount } from "../src/linux/mounts";
import { childrenOf, signal } from "../src/linux/processes";
import { untilSshGreets } from "./http";
import { endOf } from "./prism";

const plainNamespace = "bench-plain";
const plainLink = "bench-plain0";
/** Of the bench's floating range, of which it uses nothing. */
const [HOST, GUEST] = ["198.19.253.1", "198.19.253.2"];

/**
 * Boots the image once, on fresh layers.
 *
 * @param folder for the layers; removed afterwards
 * @returns milliseconds from the start of systemd-nspawn until its SSH server greets
 */
export async function plainBoot(image: string, folder: string): Promise<number> {
  const root = join(folder, "root");
  await removePlainBoot(folder);
  try {
    await mountLayers(image, folder, root);
    await makeNamespace();
    return await bootOnce(root);
  } finally {
    await removePlainBoot(folder);
  }
}

/** Also after a run that was killed. */
export async function removePlainBoot(folder: string): Promise<void> {
  await unmount(join(folder, "root"));
  await deleteNamespaces([plainNamespace]);
  await rm(folder, { recursive: true, force: true });
}

async function mountLayers(image: string, folder: string, root: string): Promise<void> {
  const [upper, work] = [join(folder, "upper"), join(folder, "work")];
  for (const path of [root, work, join(upper, "etc")]) await mkdir(path, { recursive: true });
  // As a created server has them: an empty machine-id would be a first boot, which enables every unit.
  await writeFile(join(upper, "etc", "machine-id"), `${randomBytes(16).toString("hex")}\n`);
  await writeFile(join(upper, "etc", "hostname"), "plain\n");
  await execa("mount", [
    "-t",
    "overlay",
    "overlay",
    "-o",
    `lowerdir=${image},upperdir=${upper},workdir=${work}`,
    root,
  ]);
}

async function makeNamespace(): Promise<void> {
  await execa("ip", ["netns", "add", plainNamespace]);
  await ipBatch(null, [
    `link add ${plainLink} type veth peer name host0 netns ${plainNamespace}`,
    `address add ${HOST} peer ${GUEST} dev ${plainLink}`,
    `link set ${plainLink} up`,
  ]);
  await ipBatch(plainNamespace, [
    "link set lo up",
    `address add ${GUEST} peer ${HOST} dev host0`,
    "link set host0 up",
  ]);
}

async function bootOnce(root: string): Promise<number> {
  const began = performance.now();
  const child = spawn(
    "systemd-nspawn",
    [
      "--quiet",
      `--directory=${root}`,
      "--boot",
      "--register=no",
      "--keep-unit",
      `--network-namespace-path=/run/netns/${plainNamespace}`,
      `--machine=${plainNamespace}`,
      "--console=pipe",
      "--link-journal=no",
      "--resolv-conf=off",
      "--timezone=off",
    ],
    {
      stdio: "ignore",
      env: { ...process.env, SYSTEMD_NSPAWN_LOCK: "0", SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
    },
  );
  try {
    await untilSshGreets(GUEST, () => endOf(child));
    return performance.now() - began;
  } finally {
    // The death of its init ends everything in the machine at once.
    for (const init of await childrenOf(child.pid ?? 0)) signal(init, "SIGKILL");
    for (let waited = 0; endOf(child) === undefined; waited += 20) {
      if (waited > 5_000) child.kill("SIGKILL");
      await pause(20);
    }
  }
}
