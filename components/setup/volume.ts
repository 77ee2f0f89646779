import { type CompleteSetup, completeSetup, type SetupFile, type SetupStep } from "./types";

/** A volume of a machine. */
export interface MountedVolume {
  /** Where it is mounted: `/srv/storage`. Letters only behind each slash. */
  readonly root: string;
  /** Of the storage node: `storage node`. */
  readonly owner: string;
  /** Its number at Hetzner. */
  readonly volumeId: number;
  /** Size that was ordered, checked against what is mounted. */
  readonly volumeGb: number;
}

/** Proves to scripts that they see the volume and not the folder beneath it. */
export function volumeMarkerIn(root: string): string {
  return `${root}/.platform-volume`;
}

/** Name that Hetzner gives the device of a volume. */
export function volumeDevice(volumeId: number): string {
  return `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
}

/**
 * Mounts the volume. It is never formatted here: Hetzner does that when it creates the volume, and a volume
 * without a file system is a mistake that must not become data loss.
 */
export function mountedVolume({ root, owner, volumeId, volumeGb }: MountedVolume): CompleteSetup {
  const device = volumeDevice(volumeId);
  const marker = volumeMarkerIn(root);
  // systemd's rule for the name of a mount.
  const mountUnit = `${root.slice(1).replaceAll("/", "-")}.mount`;
  const mountPath = `/etc/systemd/system/${mountUnit}`;
  // File system structures take less than 7 %.
  const leastBytes = Math.floor(volumeGb * 0.93) * 1_000_000_000;
  return completeSetup({
    packages: ["e2fsprogs", "util-linux"],
    files: [{ path: mountPath, content: mountFile(device, root, owner) }],
    steps: [
      {
        name: "file system fills the volume",
        unless: `size=$(blockdev --getsize64 ${device}) && blocks=$(stat -f -c '%b %S' ${root}) && [ $(( \${blocks% *} * \${blocks#* } )) -ge $(( size / 100 * 93 )) ]`,
        run: `resize2fs ${device}`,
      },
      {
        name: "marker of the volume",
        unless: `[ "$(cat ${marker} 2>/dev/null)" = ${volumeId} ]`,
        run: `mountpoint -q ${root} || { echo "${root} is not mounted: volume ${volumeId} is not attached or has no ext4 file system"; exit 1; }
echo ${volumeId} >${marker}`,
      },
    ],
    units: [{ name: mountUnit, reads: [mountPath], stage: "beforeSteps" }],
    checks: [
      {
        name: `${root} has the ${volumeGb} GB that were ordered`,
        command: `size=$(df --block-size=1 --output=size ${root} | tail -n 1) && [ "$size" -ge ${leastBytes} ] || { echo "${root} has $size bytes, expected at least ${leastBytes}"; exit 1; }`,
      },
    ],
  });
}

function mountFile(device: string, root: string, owner: string): string {
  return `[Unit]
Description=Volume of the ${owner}

[Mount]
What=${device}
Where=${root}
Type=ext4
Options=noatime,discard
TimeoutSec=60

[Install]
WantedBy=multi-user.target
`;
}

/** Lets a unit start only when the volume is there: data on the root disk would vanish under the mount. */
export function needsVolume(unit: string, root: string): SetupFile {
  return {
    path: `/etc/systemd/system/${unit}.d/storage.conf`,
    content: `[Unit]
RequiresMountsFor=${root}
AssertPathExists=${volumeMarkerIn(root)}
`,
  };
}

/** A folder on the volume. Owners are numbers or names that exist. */
export function volumeFolder(
  root: string,
  path: string,
  { owner, group, mode }: { readonly owner: string; readonly group: string; readonly mode: string },
): SetupStep {
  return {
    name: `folder ${path}`,
    unless: `[ "$(stat -c %U:%G:%a ${path} 2>/dev/null)" = ${owner}:${group}:${mode} ]`,
    run: `mountpoint -q ${root} && install -d -o ${owner} -g ${group} -m ${mode} ${path}`,
  };
}
