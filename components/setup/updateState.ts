/** Read after Debian's own 50unattended-upgrades. */
export const aptPath = "/etc/apt/apt.conf.d/99-platform-updates.conf";

/** Bash: whether what runs is older than what is installed. A container has its host's kernel. */
export const rebootRequiredFunction = `reboot_required() {
  local newest
  [ ! -e /run/reboot-required ] || return 0
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' 2>/dev/null | sort -V | tail -n 1)
  [ -n "$newest" ] && [ "\${newest#/boot/vmlinuz-}" != "$(uname -r)" ] && ! systemd-detect-virt --quiet --container
}`;
