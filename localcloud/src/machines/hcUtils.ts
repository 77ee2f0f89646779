import type { MachineFile } from "../linux/files";

// What Hetzner's package hc-utils does in its images, for a guest without udev events: the machine room calls the
// same steps when it plugs something in.

/** Makes a volume's device node appear or vanish. */
export const volumeHelperPath = "/usr/lib/local-cloud/hc-volume";
/** Ends the DHCP clients of interfaces that are gone. */
export const unpluggedHelperPath = "/usr/lib/local-cloud/hc-net-unplugged";

/** The unit that configures a private interface; users may mask it, as on Hetzner (HC-G4). */
export const interfaceUnit = (device: string) => `hc-net-ifup@${device}.service`;

const volumeHelper = `#!/bin/sh
# hc-volume attach|detach ID MAJOR MINOR
set -eu
action=$1 id=$2 major=$3 minor=$4
node=/dev/loop$minor link=/dev/disk/by-id/scsi-0HC_Volume_$id
case $action in
attach)
  [ -b "$node" ] || mknod -m 0660 "$node" b "$major" "$minor"
  mkdir -p /dev/disk/by-id
  ln -sfn "$node" "$link"
  systemctl start --no-block "hc-volume-automount@$id.service" || true
  ;;
detach)
  awk -v node="$node" '$1 == node { print $2 }' /proc/mounts | while read -r target; do umount -l "$target"; done
  rm -f "$link" "$node"
  ;;
esac
`;

// The steps of 99-hc-volume-automount.rules (HC-G6).
const automountHelper = `#!/bin/sh
set -eu
id=$1
link=/dev/disk/by-id/scsi-0HC_Volume_$id target=/mnt/HC_Volume_$id
type=$(blkid -o value -s TYPE "$(readlink -f "$link")") || exit 0
curl -sf --max-time 5 --retry 3 -o /dev/null "http://169.254.169.254/_internal/v1/volumes/$id" || exit 0
mkdir -p "$target"
grep -q "^$link " /etc/fstab 2>/dev/null || echo "$link $target $type discard,nofail,defaults 0 0" >>/etc/fstab
mountpoint -q "$target" || mount "$target"
`;

const automountUnit = `[Unit]
Description=Automount of volume %i
[Service]
Type=oneshot
ExecStart=/usr/lib/local-cloud/hc-volume-automount %i
`;

const volumeScan = `#!/bin/sh
for link in /dev/disk/by-id/scsi-0HC_Volume_*; do
  systemctl start --no-block "hc-volume-automount@\${link##*_}.service"
done
`;

const volumeScanUnit = `[Unit]
Description=Automount of volumes that were attached while the machine was off
After=local-fs.target network.target
ConditionPathExistsGlob=/dev/disk/by-id/scsi-0HC_Volume_*
[Service]
Type=oneshot
ExecStart=/usr/lib/local-cloud/hc-volume-scan
[Install]
WantedBy=multi-user.target
`;

// systemd's generator skips the devices of fstab where /sys is read-only, as it is in a container.
const fstabUnit = `[Unit]
Description=Mount the devices that fstab names
DefaultDependencies=no
After=local-fs-pre.target systemd-tmpfiles-setup-dev.service systemd-remount-fs.service
Before=local-fs.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/mount --all

[Install]
WantedBy=local-fs.target
`;

const interfaceUnitText = `[Unit]
Description=DHCP on private interface %i
[Service]
Type=forking
PIDFile=/run/dhclient.%i.pid
ExecStart=/usr/sbin/dhclient -1 -4 -pf /run/dhclient.%i.pid -lf /var/lib/dhcp/dhclient.%i.leases %i
`;

const interfaceScan = `#!/bin/sh
# Brings up every private interface that is down: one that was plugged in while the machine booted.
for path in /sys/class/net/en*; do
  [ -e "$path" ] || continue
  [ "$(cat "$path/operstate")" = down ] || continue
  systemctl start --no-block "hc-net-ifup@\${path##*/}.service"
done
`;

const interfaceScanUnit = `[Unit]
Description=Bring up private interfaces that are down
After=network.target
[Service]
Type=oneshot
ExecStart=/usr/sbin/hc-ifscan
[Install]
WantedBy=multi-user.target
`;

const unpluggedHelper = `#!/bin/sh
for file in /run/dhclient.en*.pid; do
  [ -e "$file" ] || continue
  device=\${file#/run/dhclient.}
  device=\${device%.pid}
  [ -e "/sys/class/net/$device" ] || systemctl stop --no-block "hc-net-ifup@$device.service"
done
`;

/** Units of hc-utils' kind that are enabled in the image. */
export const hcUnits = ["hc-fstab.service", "hc-volume-scan.service", "hc-net-scan.service"];

const unit = (name: string, content: string): MachineFile => ({
  path: `/etc/systemd/system/${name}`,
  content,
});
const program = (path: string, content: string): MachineFile => ({ path, content, mode: 0o755 });

export const hcFiles: readonly MachineFile[] = [
  program(volumeHelperPath, volumeHelper),
  program("/usr/lib/local-cloud/hc-volume-automount", automountHelper),
  program("/usr/lib/local-cloud/hc-volume-scan", volumeScan),
  program("/usr/sbin/hc-ifscan", interfaceScan),
  program(unpluggedHelperPath, unpluggedHelper),
  unit("hc-volume-automount@.service", automountUnit),
  unit("hc-volume-scan.service", volumeScanUnit),
  unit("hc-fstab.service", fstabUnit),
  unit("hc-net-ifup@.service", interfaceUnitText),
  unit("hc-net-scan.service", interfaceScanUnit),
];
