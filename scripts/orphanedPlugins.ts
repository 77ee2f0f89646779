import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, sep } from "node:path";

/**
 * Ends the providers and language hosts that outlived a killed engine of this Pulumi home: nobody hears their results, yet they
 * would go on creating. Providers of an engine that runs are not touched.
 *
 * @returns how many were ended; 0 where there is no /proc
 */
export async function endOrphanedPlugins(pulumiHome: string): Promise<number> {
  const numbers = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  let ended = 0;
  for (const pid of numbers) {
    const program = await readlink(`/proc/${pid}/exe`).catch(() => "");
    const isPlugin = program.startsWith(pulumiHome + sep) && basename(program) !== "pulumi";
    if (!isPlugin || (await parentOf(pid)) !== 1) continue;
    process.kill(pid, "SIGKILL");
    ended += 1;
  }
  return ended;
}

/** Field 4 of proc(5) stat; the program's name before it may hold spaces and parentheses. */
async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? Number.NaN);
}
