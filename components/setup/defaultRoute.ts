import { type CompleteSetup, completeSetup, type SetupFile } from "./types";

/** `platform-default-route` keeps them; `platform-default-route check` says whether they are there. */
const scriptPath = "/usr/local/sbin/platform-default-route";
/** Says on failure what is missing. */
export const defaultRouteCheck = `${scriptPath} check`;
const unitName = "platform-default-route.service";
const unitPath = `/etc/systemd/system/${unitName}`;

/** Hetzner's recursive name servers: https://docs.hetzner.com/dns-console/dns/general/recursive-name-servers */
export const hetznerResolvers = ["185.12.64.1", "185.12.64.2"] as const;

/**
 * Default route and resolvers of a machine without a public address. Hetzner hands out neither on a private network,
 * and whatever sets them once loses them later: at the renewal of a lease, when the interface is plugged in anew, by a
 * network manager that thinks the interface is its own. So a service keeps them, for as long as the machine runs.
 */
export function defaultRouteSetup(isPublic: boolean): CompleteSetup {
  if (isPublic) return completeSetup({});
  return completeSetup({
    packages: ["iproute2"],
    files: defaultRouteFiles,
    units: [{ name: unitName, reads: [scriptPath, unitPath], stage: "beforeSteps" }],
    checks: [{ name: "default route and resolvers are there", command: defaultRouteCheck }],
  });
}

/**
 * A gateway is known as soon as the private interface has its lease. The route through it leads to the network's
 * router, which forwards to the NAT machine.
 */
const script = `#!/bin/bash
# Keeps the default route and the resolvers of a machine without a public address.
#   check   exit status 1 when one of them is not there, and says which
set -u
gateway() { ip -4 route show | awk '$2 == "via" && $1 ~ /\\// { print $3; exit }'; }
has_route() { ip -4 route show default | grep -q "^default via $1 "; }
resolvers() { printf 'nameserver %s\\n' ${hetznerResolvers.join(" ")}; }
has_resolvers() { resolvers | cmp -s - /etc/resolv.conf; }

if [ "\${1:-}" = check ]; then
  router=$(gateway)
  [ -n "$router" ] || { echo "no route into the private network: the interface has no lease"; exit 1; }
  has_route "$router" || { echo "no default route through $router: systemctl status ${unitName}"; exit 1; }
  has_resolvers || { echo "/etc/resolv.conf does not name the resolvers: systemctl status ${unitName}"; exit 1; }
  exit 0
fi

keep() {
  local router
  router=$(gateway)
  if [ -n "$router" ] && ! has_route "$router"; then
    ip -4 route replace default via "$router" && echo "set the default route through $router"
  fi
  if ! has_resolvers; then
    # A link would lead to whoever else writes it.
    rm -f /etc/.resolv.conf.platform
    resolvers >/etc/.resolv.conf.platform && mv -f /etc/.resolv.conf.platform /etc/resolv.conf && echo "wrote /etc/resolv.conf"
  fi
}

# The kernel tells of every change; the clock is for the file, and for a change between looking and listening.
exec {changes}< <(exec ip monitor route link address)
while :; do
  keep
  IFS= read -r -t 10 -u "$changes" _
  status=$?
  # Above 128 the time is over; else the kernel's messages ended, and systemd starts all this again.
  if [ "$status" -ne 0 ]; then [ "$status" -gt 128 ] || exit 1; fi
  # Changes come in crowds, when Docker starts containers for example.
  sleep 0.2
  for _ in {1..500}; do IFS= read -r -t 0.001 -u "$changes" _ || break; done
done
`;

const unit = `[Unit]
Description=Default route and resolvers of a machine without a public address
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStart=${scriptPath}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;

export const defaultRouteFiles: readonly SetupFile[] = [
  { path: unitPath, content: unit },
  { path: scriptPath, content: script, mode: "0755" },
];

/**
 * Cloud-init user data that gives the first boot its way out; the set-up writes the same files. hc-utils would
 * configure the interfaces anew, and the resolvers with them. No secrets.
 */
export const privateUserData = `#cloud-config
manage_etc_hosts: false
write_files:
${defaultRouteFiles.map(writeFile).join("")}runcmd:
  - systemctl mask --now hc-net-scan.service
  - systemctl daemon-reload
  - systemctl enable --now ${unitName}
`;

function writeFile({ path, content, mode }: SetupFile): string {
  const permissions = mode === undefined ? "" : `    permissions: "${mode}"\n`;
  return `  - path: ${path}\n${permissions}    content: |\n${content.replaceAll(/^(?=.)/gm, "      ")}`;
}
