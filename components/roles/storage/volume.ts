import { type CompleteSetup, completeSetup, type SetupFile } from "../../setup/types";

/** Where the volume of the storage node is mounted. */
export const storageRoot = "/srv/storage";

/** Named by systemd's rule for `storageRoot`. */
const mountUnit = "srv-storage.mount";
const mountPath = `/etc/systemd/system/${mountUnit}`;
const resizeName = "file system fills the volume";

/** Proves to scripts that they see the volume and not the folder beneath it. */
export const volumeMarker = `${storageRoot}/.platform-volume`;

/** Name that Hetzner gives the device of a volume. */
export function volumeDevice(volumeId: number): string {
  return `/dev/disk/by-id/scsi-0HC_Volume_${volumeId}`;
}

/**
 * Mounts the volume. It is never formatted here: Hetzner does that when it creates the volume, and a volume
 * without a file system is a mistake that must not become data loss.
 *
 * @param volumeGb size that was ordered, checked against what is mounted
 */
export function volumeSetup(volumeId: number, volumeGb: number): CompleteSetup {
  const device = volumeDevice(volumeId);
  // File system structures take less than 7 %.
  const leastBytes = Math.floor(volumeGb * 0.93) * 1_000_000_000;
  return completeSetup({
    packages: ["e2fsprogs", "util-linux"],
    files: [{ path: mountPath, content: mountFile(device) }],
    steps: [
      {
        name: resizeName,
        unless: `size=$(blockdev --getsize64 ${device}) && blocks=$(stat -f -c '%b %S' ${storageRoot}) && [ $(( \${blocks% *} * \${blocks#* } )) -ge $(( size / 100 * 93 )) ]`,
        run: `resize2fs ${device}`,
      },
      {
        name: "marker of the volume",
        unless: `[ "$(cat ${volumeMarker} 2>/dev/null)" = ${volumeId} ]`,
        run: `mountpoint -q ${storageRoot} || { echo "${storageRoot} is not mounted: volume ${volumeId} is not attached or has no ext4 file system"; exit 1; }
echo ${volumeId} >${volumeMarker}`,
      },
    ],
    units: [{ name: mountUnit, reads: [mountPath], stage: "beforeSteps" }],
    checks: [
      {
        name: `${storageRoot} has the ${volumeGb} GB that were ordered`,
        command: `size=$(df --block-size=1 --output=size ${storageRoot} | tail -n 1) && [ "$size" -ge ${leastBytes} ] || { echo "${storageRoot} has $size bytes, expected at least ${leastBytes}"; exit 1; }`,
      },
    ],
  });
}

function mountFile(device: string): string {
  return `[Unit]
Description=Volume of the storage node

[Mount]
What=${device}
Where=${storageRoot}
Type=ext4
Options=noatime,discard
TimeoutSec=60

[Install]
WantedBy=multi-user.target
`;
}

/** Lets a unit start only when the volume is there: data on the root disk would vanish under the mount. */
export function needsStorage(unit: string): SetupFile {
  return {
    path: `/etc/systemd/system/${unit}.d/storage.conf`,
    content: `[Unit]
RequiresMountsFor=${storageRoot}
AssertPathExists=${volumeMarker}
`,
  };
}

/** A folder on the volume. Owners are numbers or names that exist. */
export function storageFolder(path: string, owner: string, group: string, mode: string) {
  return {
    name: `folder ${path}`,
    unless: `[ "$(stat -c %U:%G:%a ${path} 2>/dev/null)" = ${owner}:${group}:${mode} ]`,
    run: `mountpoint -q ${storageRoot} && install -d -o ${owner} -g ${group} -m ${mode} ${path}`,
  };
}
