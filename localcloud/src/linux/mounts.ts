import { readFile } from "node:fs/promises";
import { execa } from "execa";

export async function unmount(path: string): Promise<void> {
  while (await isMounted(path)) await execa("umount", ["--lazy", path]);
}

export async function isMounted(path: string): Promise<boolean> {
  return (await mountPoints()).includes(path);
}

export async function mountPoints(): Promise<string[]> {
  const text = await readFile("/proc/self/mounts", "utf8");
  return text.split("\n").map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "));
}
