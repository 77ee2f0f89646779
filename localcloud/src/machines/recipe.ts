import type { MachineFile } from "../linux/files";
import { resolverAddresses, resolverAddresses6 } from "../settings/names";
import { datasourceName, datasourceSource } from "./datasource";
import { hcFiles } from "./hcUtils";
import { initLibrary } from "./initLibraries";
import { swapon, swaponScript } from "./swap";

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
  "isc-dhcp-client",
  "netcat-openbsd",
  "nftables",
  "iputils-ping",
  "e2fsprogs",
  "xfsprogs",
  "locales",
  // What user data of the real world calls without installing it.
  "sudo",
  "gnupg",
  "wget",
  "less",
  "vim-tiny",
  "xz-utils",
  "bzip2",
];

/** Programs that cannot do here what they are for, with what stands in their place. */
export const refusingPrograms: readonly MachineFile[] = [
  { path: swapon, content: swaponScript, mode: 0o755 },
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

/** Package sources of the machines, from the mirror that debootstrap takes on this host. */
export function sourcesOf(mirror: string): string {
  return `deb ${mirror} ${suite} main
deb ${mirror} ${suite}-updates main
deb ${mirror.replace(/\/debian$/, "/debian-security")} ${suite}-security main
`;
}

const resolvers = [...resolverAddresses, resolverAddresses6[0]];

/** Files of every machine; nothing in here belongs to one project or one cloud. */
export const imageFiles: readonly MachineFile[] = [
  {
    path: "/etc/apt/apt.conf.d/90-local-cloud",
    content: 'Acquire::Languages "none";\nAPT::Install-Recommends "true";\n',
  },
  // The machine is thrown away with its cloud; dpkg's fsync calls cost minutes over all machines.
  { path: "/etc/dpkg/dpkg.cfg.d/local-cloud", content: "force-unsafe-io\n" },
  // A system asks three at most, and passes over those that it has no route to.
  { path: "/etc/resolv.conf", content: resolvers.map((address) => `nameserver ${address}\n`).join("") },
  { path: "/etc/cloud/ds-identify.cfg", content: "policy: enabled\n" },
  { path: "/etc/cloud/cloud.cfg.d/90-local-cloud.cfg", content: cloudConfig },
  {
    path: `/usr/lib/python3/dist-packages/cloudinit/sources/DataSource${datasourceName}.py`,
    content: datasourceSource,
  },
  ...hcFiles,
  initLibrary,
  {
    path: "/etc/systemd/journald.conf.d/persistent.conf",
    content: "[Journal]\nStorage=persistent\nSystemMaxUse=256M\n",
  },
  { path: "/var/log/journal/.keep", content: "" },
  { path: "/etc/default/locale", content: "LANG=C.UTF-8\n" },
  { path: "/etc/hostname", content: "debian\n" },
  { path: "/etc/machine-id", content: "" },
];
