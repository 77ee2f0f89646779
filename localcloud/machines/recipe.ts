import { datasourceName, datasourceSource } from "./datasource";
import type { MachineFile } from "./files";

export const suite = "trixie";

/** First stage: what debootstrap can resolve (it knows no virtual packages). */
export const bootstrapPackages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "udev",
  "openssh-server",
  "iproute2",
  "ca-certificates",
  "curl",
];

/** Second stage: with apt, as these have virtual dependencies. */
export const imagePackages = [
  "cloud-init",
  "netcat-openbsd",
  "nftables",
  "iputils-ping",
  "e2fsprogs",
  "xfsprogs",
  "locales",
];

/** Useless or harmful in a machine that shares the host's kernel, devices and clock. */
export const maskedUnits = [
  "systemd-modules-load.service",
  "systemd-firstboot.service",
  "systemd-udevd.service",
  "systemd-udevd-kernel.socket",
  "systemd-udevd-control.socket",
  "systemd-udev-trigger.service",
  "console-getty.service",
  "getty.target",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "fstrim.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "cloud-init-hotplugd.socket",
  "systemd-networkd.service",
  "systemd-networkd-wait-online.service",
  "dev-hugepages.mount",
  "dev-mqueue.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "modprobe@.service",
];

const cloudConfig = `# Hetzner's images log in as root by key and take everything else from the metadata service.
datasource_list: [${datasourceName}, None]
network: {config: disabled}
disable_root: false
users: []
manage_etc_hosts: true
preserve_hostname: false
apt: {preserve_sources_list: true}
ssh_genkeytypes: [ed25519, ecdsa]
ssh: {emit_keys_to_console: false}
cloud_init_modules:
  - seed_random
  - bootcmd
  - write_files
  - disk_setup
  - mounts
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca_certs
  - users_groups
  - ssh
  - set_passwords
cloud_config_modules:
  - locale
  - apt_configure
  - ntp
  - timezone
  - runcmd
cloud_final_modules:
  - package_update_upgrade_install
  - write_files_deferred
  - scripts_vendor
  - scripts_per_once
  - scripts_per_boot
  - scripts_per_instance
  - scripts_user
  - ssh_authkey_fingerprints
  - phone_home
  - final_message
  - power_state_change
no_ssh_fingerprints: true
`;

// Attaching by hand and automount do in a guest without udev events what hc-utils does on Hetzner (HC-G6).
const volumeHelper = `#!/bin/sh
# hc-volume attach|detach ID MAJOR MINOR [automount FSTYPE]
set -eu
action=$1 id=$2 major=$3 minor=$4
node=/dev/loop$minor link=/dev/disk/by-id/scsi-0HC_Volume_$id
case $action in
attach)
  [ -b "$node" ] || mknod -m 0660 "$node" b "$major" "$minor"
  mkdir -p /dev/disk/by-id
  ln -sfn "$node" "$link"
  [ "\${5:-}" = automount ] || exit 0
  target=/mnt/HC_Volume_$id
  mkdir -p "$target"
  grep -q "^$link " /etc/fstab 2>/dev/null || echo "$link $target $6 discard,nofail,defaults 0 0" >>/etc/fstab
  mountpoint -q "$target" || mount "$target"
  ;;
detach)
  awk -v node="$node" '$1 == node { print $2 }' /proc/mounts | while read -r target; do umount -l "$target"; done
  rm -f "$link" "$node"
  ;;
esac
`;

export const volumeHelperPath = "/usr/lib/local-cloud/hc-volume";

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

/** Units of ours, enabled in the image. */
export const imageUnits = ["hc-fstab.service"];

/** Package sources of the machines, from the mirror that debootstrap takes on this host. */
export function sourcesOf(mirror: string): string {
  return `deb ${mirror} ${suite} main
deb ${mirror} ${suite}-updates main
deb ${mirror.replace(/\/debian$/, "/debian-security")} ${suite}-security main
`;
}

/** Files of every machine; nothing in here belongs to one project or one cloud. */
export const imageFiles: readonly MachineFile[] = [
  {
    path: "/etc/apt/apt.conf.d/90-local-cloud",
    content: 'Acquire::Languages "none";\nAPT::Install-Recommends "true";\n',
  },
  // The machine is thrown away with its cloud; dpkg's fsync calls cost minutes over all machines.
  { path: "/etc/dpkg/dpkg.cfg.d/local-cloud", content: "force-unsafe-io\n" },
  { path: "/etc/resolv.conf", content: "nameserver 185.12.64.1\nnameserver 185.12.64.2\n" },
  { path: "/etc/cloud/ds-identify.cfg", content: "policy: enabled\n" },
  { path: "/etc/cloud/cloud.cfg.d/90-local-cloud.cfg", content: cloudConfig },
  {
    path: `/usr/lib/python3/dist-packages/cloudinit/sources/DataSource${datasourceName}.py`,
    content: datasourceSource,
  },
  { path: volumeHelperPath, content: volumeHelper, mode: 0o755 },
  { path: "/etc/systemd/system/hc-fstab.service", content: fstabUnit },
  {
    path: "/etc/systemd/journald.conf.d/persistent.conf",
    content: "[Journal]\nStorage=persistent\nSystemMaxUse=256M\n",
  },
  { path: "/var/log/journal/.keep", content: "" },
  { path: "/etc/default/locale", content: "LANG=C.UTF-8\n" },
  { path: "/etc/hostname", content: "debian\n" },
  { path: "/etc/machine-id", content: "" },
];
