import { basename } from "node:path";
import { execa } from "execa";

/** Where systemd has its control groups, one mount or two. */
const trees = `$(awk '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /name=systemd/) { print $2 }' /proc/mounts)`;

/**
 * Bash that gives a machine which is about to boot control groups of its own: in a common one the init of one machine
 * takes away the groups of the other one's services while they start.
 *
 * @param name as a word of bash
 */
export function joinGroups(name: string): string {
  return `for tree in ${trees}; do
  mkdir -p "$tree/"${name}
  echo 0 >"$tree/"${name}/cgroup.procs
done`;
}

/** Takes the control groups of a machine away that runs no more. @param folder whose name they have */
export async function removeGroups(folder: string): Promise<void> {
  // Processes that were killed with their init leave their groups a moment later.
  const script = `for tree in ${trees}; do
  for _ in {1..50}; do
    [ -d "$tree/$1" ] || break
    find "$tree/$1" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
  done
done`;
  await execa("bash", ["-c", script, "groups", basename(folder)], { reject: false });
}
