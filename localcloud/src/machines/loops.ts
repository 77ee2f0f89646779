import { execa } from "execa";
import type { LocalCloudSettings } from "../settings/cloud";

/** The loop device of a file, such as `/dev/loop3`; undefined when it has none. */
export async function loopOf(file: string): Promise<string | undefined> {
  const { stdout } = await execa("losetup", ["--noheadings", "--output", "NAME", "--associated", file], {
    reject: false,
  });
  const device = stdout?.split("\n")[0]?.trim() ?? "";
  return device === "" ? undefined : device;
}

/** Loop devices whose file lies in this cloud's state: `/dev/loop3`. */
export async function ownLoops(settings: LocalCloudSettings): Promise<string[]> {
  const { stdout } = await execa("losetup", ["--noheadings", "--raw", "--output", "NAME,BACK-FILE"], {
    reject: false,
  });
  return (stdout ?? "").split("\n").flatMap((line) => {
    const [device = "", file = ""] = line.trim().split(/ +/);
    return file.startsWith(`${settings.stateDir}/`) ? [device] : [];
  });
}

/** The kernel lets go of a disk when it has written what its file system still held. */
const patienceMs = 30_000;

/** Lets go of them; that takes a moment where a file system was mounted until just now. */
export async function detachOwnLoops(settings: LocalCloudSettings): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let devices = await ownLoops(settings); devices.length > 0; devices = await ownLoops(settings)) {
    for (const device of devices) await execa("losetup", ["--detach", device], { reject: false });
    if (Date.now() > deadline) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
