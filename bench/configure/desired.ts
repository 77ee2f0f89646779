// What a machine is to become, as data: every tool gets this and nothing else, and one check judges them all. It is cut
// to what a platform's machine has: packages, a user, files with owners and modes and judges, units that read them.
export interface Desired {
  readonly packages: readonly string[];
  readonly user: DesiredUser;
  readonly files: readonly DesiredFile[];
  /** Units that are enabled and running. */
  readonly units: readonly string[];
}

export interface DesiredUser {
  readonly name: string;
  /** Of the user and of its group. */
  readonly id: number;
  readonly home: string;
  readonly shell: string;
}

export interface DesiredFile {
  readonly path: string;
  readonly content: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
  /** Command that judges the file; `%s` is its path. Empty: none does. */
  readonly validate: string;
  /** Unit that takes the file in anew. Empty: none has to. */
  readonly reader: string;
}

/** Units that take a file in without an end of their service; all others restart. */
export const reloading: readonly string[] = ["haproxy.service", "nftables.service", "ssh.service"];

/** Answers at this port of the machine itself with the edition that runs. */
export const sitePort = 8080;

/** The machine with the edition in its HAProxy's configuration: the one file in which two editions differ. */
export function desiredState(edition: number): Desired {
  return {
    packages: ["haproxy", "nftables", "jq", "logrotate", "lsof", "rsync", "socat", "unzip"],
    user: { name: "shop", id: 900, home: "/var/lib/shop", shell: "/usr/sbin/nologin" },
    files: [...haproxyFiles(edition), ...systemFiles, ...shopFiles],
    units: [
      "haproxy.service",
      "nftables.service",
      "ssh.service",
      "shop-worker-1.service",
      "shop-worker-2.service",
      "shop-report.timer",
    ],
  };
}

function file(
  path: string,
  content: string,
  more: Partial<Omit<DesiredFile, "path" | "content">> = {},
): DesiredFile {
  return { path, content, owner: "root", group: "root", mode: "0644", validate: "", reader: "", ...more };
}

function haproxyFiles(edition: number): DesiredFile[] {
  const maps = Array.from({ length: 10 }, (_, site) => {
    const lines = Array.from(
      { length: 40 },
      (_, page) => `/site${site}/page${page} backend${(site + page) % 4}\n`,
    );
    return file(`/etc/haproxy/maps/site-${site}.map`, lines.join(""), { reader: "haproxy.service" });
  });
  // HAProxy reads its maps when it judges, so they come first.
  return [
    ...maps,
    file("/etc/haproxy/haproxy.cfg", haproxyConfiguration(edition), {
      group: "haproxy",
      mode: "0640",
      validate: "haproxy -c -q -f %s",
      reader: "haproxy.service",
    }),
  ];
}

const haproxyConfiguration = (edition: number) => `global
  user haproxy
  group haproxy
  maxconn 2000
defaults
  mode http
  timeout client 30s
  timeout connect 5s
  timeout server 30s
frontend site
  bind 127.0.0.1:${sitePort}
  http-request set-var(txn.page) path,map(/etc/haproxy/maps/site-1.map,none)
  http-request return status 200 content-type text/plain string "edition ${edition}\\n"
`;

const systemFiles: readonly DesiredFile[] = [
  file(
    "/etc/nftables.conf",
    `#!/usr/sbin/nft -f
flush ruleset
table inet shop {
  chain input {
    type filter hook input priority 0; policy accept;
    ct state established,related accept
    tcp dport { 5432, 6379, 9200 } ip saddr != 10.0.0.0/8 drop
  }
}
`,
    { mode: "0755", validate: "nft -c -f %s", reader: "nftables.service" },
  ),
  file(
    "/etc/sysctl.d/60-shop.conf",
    "net.ipv4.tcp_slow_start_after_idle = 0\nnet.ipv4.tcp_keepalive_time = 120\nnet.core.somaxconn = 4000\n",
    { reader: "systemd-sysctl.service" },
  ),
  file(
    "/etc/ssh/sshd_config.d/10-shop.conf",
    "X11Forwarding no\nAllowAgentForwarding no\nMaxStartups 50:30:100\n",
    {
      validate: "sshd -t -f %s",
      reader: "ssh.service",
    },
  ),
  file("/etc/systemd/journald.conf.d/10-shop.conf", "[Journal]\nSystemMaxUse=200M\nRateLimitBurst=20000\n", {
    reader: "systemd-journald.service",
  }),
  file("/etc/security/limits.d/60-shop.conf", "shop soft nofile 65536\nshop hard nofile 65536\n"),
  file("/etc/logrotate.d/shop", "/var/log/shop/*.log {\n  weekly\n  missingok\n  rotate 8\n  compress\n}\n"),
  file("/etc/profile.d/shop.sh", "export SHOP_HOME=/var/lib/shop\n"),
];

const worker = (number: number) => `[Unit]
Description=Worker ${number} of the shop
[Service]
User=shop
EnvironmentFile=/etc/shop/worker-${number}.env
ExecStart=/usr/local/sbin/shop-work
Restart=always
[Install]
WantedBy=multi-user.target
`;

const program = (text: string) => `#!/bin/sh\nset -eu\n${text}\n`;
const programs = {
  "shop-work": "exec sleep infinity",
  "shop-report": "systemctl --failed --no-legend",
  "shop-drain": "echo drain",
  "shop-probe": `exec curl -fsS http://127.0.0.1:${sitePort}/`,
};

const shopFiles: readonly DesiredFile[] = [
  ...Object.entries(programs).map(([name, text]) =>
    file(`/usr/local/sbin/${name}`, program(text), { mode: "0755" }),
  ),
  ...[1, 2].flatMap((number) => {
    const reader = `shop-worker-${number}.service`;
    return [
      file(`/etc/shop/worker-${number}.env`, `QUEUE=queue${number}\nTOKEN=${"t".repeat(40)}\n`, {
        mode: "0600",
        reader,
      }),
      file(`/etc/systemd/system/${reader}`, worker(number), { reader }),
    ];
  }),
  file("/etc/shop/routes.json", `${JSON.stringify({ web: 3000, admin: 3001, api: 3002 })}\n`, {
    mode: "0640",
  }),
  file(
    "/etc/systemd/system/shop-report.service",
    "[Service]\nType=oneshot\nExecStart=/usr/local/sbin/shop-report\n",
    { reader: "shop-report.timer" },
  ),
  file(
    "/etc/systemd/system/shop-report.timer",
    "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
    { reader: "shop-report.timer" },
  ),
];
