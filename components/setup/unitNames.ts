/** Units of Debian and of Hetzner's image, and Docker's: one of that name would take their place. */
const taken: readonly string[] = [
  ...["apparmor", "apt-daily", "apt-daily-upgrade", "autovt", "chrony", "cloud-init", "console-getty"],
  ...["containerd", "cron", "cryptdisks", "cryptdisks-early", "dbus", "debug-shell", "dmesg", "docker"],
  ...["dpkg-db-backup", "e2scrub_all", "e2scrub_reap", "emergency", "fstrim", "getty-static", "hc-utils"],
  ...[
    "hwclock",
    "initrd-cleanup",
    "kmod",
    "kmod-static-nodes",
    "ldconfig",
    "logrotate",
    "man-db",
    "modprobe",
  ],
  ...["networking", "nftables", "procps", "qemu-guest-agent", "quotaon-root", "rc-local", "rescue", "rsync"],
  ...["ssh", "sshd", "sudo", "system-update-cleanup", "udev", "unattended-upgrades", "user", "x11-common"],
];

/** True for the name of a unit, without its ending, that something else of the system has or may get. */
export function isTakenUnit(name: string): boolean {
  return taken.includes(name) || /^(?:platform|systemd|cloud|initrd|dbus|sshd?|apt)-/.test(name);
}
