import { type CompleteSetup, completeSetup } from "../../setup/types";

const rulesPath = "/etc/platform/nat.nft";
const unitPath = "/etc/systemd/system/platform-nat.service";

/** The way out for machines without a public address: forwarding, and masquerading behind the public one. */
export function natSetup(privateRange: string): CompleteSetup {
  return completeSetup({
    packages: ["nftables"],
    files: [
      { path: rulesPath, content: natRules(privateRange), validate: 'nft --check --file "$1"' },
      { path: unitPath, content: unitFile },
    ],
    units: [
      {
        name: "platform-nat.service",
        reads: [rulesPath, unitPath],
        onChange: "reload",
        stage: "beforeSteps",
      },
    ],
    checks: [{ name: "NAT is loaded", command: "nft list table ip platform_nat >/dev/null" }],
  });
}

/** No interface is named: what leaves the private range is masqueraded wherever it leaves. */
export function natRules(privateRange: string): string {
  return `table ip platform_nat
delete table ip platform_nat
table ip platform_nat {
  chain forward {
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    ip saddr ${privateRange} ip daddr != ${privateRange} accept
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${privateRange} ip daddr != ${privateRange} masquerade
  }
}
`;
}

/**
 * Cloud-init user data that makes a machine the NAT gateway at its first boot: private machines need the way
 * out before this one is set up. The setup writes the same files, so it finds nothing to change. No secrets.
 */
export function userDataForNat(privateRange: string): string {
  return `#cloud-config
write_files:
  - path: ${rulesPath}
    content: |
${indent(natRules(privateRange))}
  - path: ${unitPath}
    content: |
${indent(unitFile)}
runcmd:
  - |
${indent(installNft)}
  - systemctl daemon-reload
  - systemctl enable --now platform-nat.service
`;
}

/** Images may update themselves at this moment and hold the locks of apt: without nft no private machine has a way out. */
const installNft = `for try in $(seq 120); do
  command -v nft >/dev/null && break
  [ "$try" -eq 1 ] || sleep 5
  dpkg --configure -a
  apt-get -qq -o Acquire::Retries=3 update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install nftables
done`;

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^(?=.)/gm, "      ");
}

const unitFile = `[Unit]
Description=NAT for machines without a public address
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target
After=local-fs.target systemd-sysctl.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/sysctl --quiet --write net.ipv4.ip_forward=1
ExecStart=/usr/sbin/nft --file ${rulesPath}
ExecReload=/usr/sbin/nft --file ${rulesPath}
ExecStop=/usr/sbin/nft destroy table ip platform_nat

[Install]
WantedBy=sysinit.target
`;
