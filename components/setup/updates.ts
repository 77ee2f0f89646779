import { type CompleteSetup, completeSetup } from "./types";
import { aptPath } from "./updateState";
import { type Leaving, upgradeScript } from "./upgradeScript";

export interface UpdateOptions {
  /** Number of the machine among all of its platform, from 0: each has an hour of its own. */
  readonly place: number;
  readonly leaving: Leaving;
}

/**
 * Packages whose upgrade restarts what visitors use or what runs it, as the beginnings of their names. They wait for `platform-upgrade`, one machine at a time.
 */
export const heldBack = [
  "containerd",
  "docker",
  "haproxy",
  "keepalived",
  "nginx",
  "postgresql",
  "redis",
  "runc",
  "valkey",
] as const;

const timers = ["apt-daily.timer", "apt-daily-upgrade.timer"] as const;
const timerPath = (timer: string) => `/etc/systemd/system/${timer}.d/platform.conf`;

/**
 * Security updates by themselves, each machine at an hour of its own, so that a bad one meets the others hours later.
 * What visitors would notice is held back, and nothing reboots by itself: `platform-upgrade` does both parts on demand.
 */
export function updatesSetup({ place, leaving }: UpdateOptions): CompleteSetup {
  const hours = updateTimes(place);
  const times = [hours.download, hours.upgrade];
  return completeSetup({
    packages: ["unattended-upgrades", "jq"],
    files: [
      { path: aptPath, content: aptConf, validate: 'apt-config --config-file="$1" dump >/dev/null' },
      { path: "/etc/needrestart/conf.d/99-platform.conf", content: needrestartConf },
      ...timers.map((timer, index) => ({ path: timerPath(timer), content: timerDropIn(times[index] ?? "") })),
      {
        path: "/usr/local/sbin/platform-upgrade",
        content: upgradeScript(leaving, heldBack),
        mode: "0755",
      },
    ],
    steps: [
      {
        name: "timers of security updates are not masked",
        unless: `! systemctl is-enabled ${timers.join(" ")} 2>/dev/null | grep -q masked`,
        run: `systemctl unmask ${timers.join(" ")}`,
      },
    ],
    units: timers.map((timer) => ({ name: timer, reads: [timerPath(timer)] })),
  });
}

/** Every machine of a platform of up to 24 has an hour of its own; those that stand for each other are hours apart. */
const hoursBetweenMachines = 5;

/** Times in UTC, the same at every `up`: the list of packages first, the upgrade an hour later. */
export function updateTimes(place: number): { download: string; upgrade: string } {
  const minute = (17 + 7 * Math.floor(place / 24)) % 60;
  const at = (hour: number) =>
    `*-*-* ${String(hour % 24).padStart(2, "0")}:${String(minute).padStart(2, "0")}:00 UTC`;
  const hour = 4 + place * hoursBetweenMachines;
  return { download: at(hour), upgrade: at(hour + 1) };
}

const aptConf = `// Security updates of Debian, and nothing else, every day.
APT::Periodic::Enable "1";
APT::Periodic::Update-Package-Lists "always";
APT::Periodic::Unattended-Upgrade "always";
APT::Periodic::AutocleanInterval "7";
#clear Unattended-Upgrade::Allowed-Origins;
#clear Unattended-Upgrade::Origins-Pattern;
Unattended-Upgrade::Origins-Pattern {
  "origin=Debian,codename=\${distro_codename}-security,label=Debian-Security";
};
// They restart what visitors use: platform-upgrade, one machine at a time.
#clear Unattended-Upgrade::Package-Blacklist;
Unattended-Upgrade::Package-Blacklist {
${heldBack.map((name) => `  "${name}";\n`).join("")}};
Unattended-Upgrade::MinimalSteps "true";
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::InstallOnShutdown "false";
Unattended-Upgrade::SyslogEnable "true";
// A configuration file that this platform wrote stays, and is no question that nobody answers.
Dpkg::Options { "--force-confdef"; "--force-confold"; };
`;

/** Where an image has needrestart, it would restart services after each upgrade: it may only list them. */
const needrestartConf = `$nrconf{restart} = 'l';
`;

/** A missed day is made up the next day and not at boot, when every machine may boot at once. */
function timerDropIn(time: string): string {
  return `[Timer]
OnCalendar=
OnCalendar=${time}
RandomizedDelaySec=0
Persistent=false
`;
}
