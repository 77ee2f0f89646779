// Swap: a machine has the host's kernel, so it can switch none on for itself alone. Asking for it is refused in words,
// wherever the question comes from: cloud-init's `swap` and `mounts`, a script of the user data, a shell.
import { lstat } from "node:fs/promises";

export const swapon = "/usr/sbin/swapon";

/** Left in the machine when it asked; gone with its next boot. */
const mark = "/run/local-cloud-refused-swap";

export const noSwap =
  "a machine of the local cloud shares the host's kernel and has no swap of its own; its memory is that of its type";

/**
 * Asking what there is works as ever; Debian's program is kept beside it. After `swapon -a` cloud-init mounts what else
 * stands in fstab, and with a refusal it would not: a volume must not stay away because of a swap file.
 */
export const swaponScript = `#!/bin/sh
case "\${1-}" in
'' | -s | --summary | --show* | -h | --help | -V | --version) exec ${swapon}.distrib "$@" ;;
esac
if [ "\${1-}" = -a ]; then mount -a; fi
: >${mark}
echo "swapon: ${noSwap}" >&2
exit 255
`;

/**
 * Whether the machine has asked for swap since it was booted.
 *
 * @param init process id of its init
 */
export async function hasAskedForSwap(init: number): Promise<boolean> {
  // Only whether it is there: what it says is the guest's.
  return lstat(`/proc/${init}/root${mark}`).then(
    () => true,
    () => false,
  );
}
