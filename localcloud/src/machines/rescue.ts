// The rescue system of a machine: a throw-away root from the base image, with the server's own root inside.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { RescueSpec } from "../host/contract";
import { type MachineFile, writeFiles } from "../linux/files";
import { unmount } from "../linux/mounts";
import type { LocalCloudSettings } from "../settings/cloud";
import type { BootSystem } from "./boot";
import { type MachineFolders, machineFolders, packageCacheFile } from "./folders";
import { writeRootPassword } from "./rootPassword";

/** Where the server's own root file system lies in its rescue system; on Hetzner it is the disk /dev/sda1. */
export const diskInRescue = "/mnt/disk";

// cloud-init, which makes host keys elsewhere, would run the server's user data: here it is off.
const hostKeys = `[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -A
ExecStartPre=/usr/sbin/sshd -t
`;

const welcome = `
Rescue system of the local cloud. The server's own root file system is ${diskInRescue}.
The next reboot starts the server from its own disk.

`;

/** Files of a rescue system on top of the base image. */
export function rescueFiles({ sshKeys }: RescueSpec, machineId: string): MachineFile[] {
  return [
    { path: "/etc/hostname", content: "rescue\n" },
    { path: "/etc/hosts", content: "127.0.0.1 localhost\n127.0.1.1 rescue\n::1 localhost\n" },
    { path: "/etc/machine-id", content: `${machineId}\n`, mode: 0o444 },
    { path: "/etc/motd", content: welcome },
    { path: "/etc/cloud/cloud-init.disabled", content: "" },
    { path: "/etc/systemd/system/ssh.service.d/host-keys.conf", content: hostKeys },
    {
      path: "/root/.ssh/authorized_keys",
      content: sshKeys.map((key) => `${key.trim()}\n`).join(""),
      mode: 0o600,
    },
  ];
}

/** Where it is mounted, with the server's own root inside. */
export function rescueSystem({ rescue, root, docker }: MachineFolders): BootSystem {
  return {
    root: join(rescue, "root"),
    hostname: "rescue",
    binds: [
      [root, diskInRescue],
      [docker, `${diskInRescue}/var/lib/docker`],
    ],
  };
}

/**
 * Makes and mounts a fresh rescue system; the machine's own root must be mounted.
 *
 * @param lower the base image
 */
export async function makeRescue(
  settings: LocalCloudSettings,
  serverId: number,
  rescue: RescueSpec,
  lower: string,
): Promise<void> {
  await removeRescue(settings, serverId);
  const folders = machineFolders(settings, serverId);
  const [upper, work] = [join(folders.rescue, "upper"), join(folders.rescue, "work")];
  const { root } = rescueSystem(folders);
  for (const folder of [root, upper, work]) await mkdir(folder, { recursive: true });
  const machineId = randomBytes(16).toString("hex");
  await writeFiles(upper, [...rescueFiles(rescue, machineId), packageCacheFile(settings)]);
  for (const folder of ["root", "root/.ssh"]) await chmod(join(upper, folder), 0o700);
  await writeRootPassword(lower, upper, rescue.rootPasswordHash);
  const layers = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await execa("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
}

/** Throws the rescue system away, if there is one. */
export async function removeRescue(settings: LocalCloudSettings, serverId: number): Promise<void> {
  const { rescue } = machineFolders(settings, serverId);
  await unmount(join(rescue, "root"));
  await rm(rescue, { recursive: true, force: true });
}
