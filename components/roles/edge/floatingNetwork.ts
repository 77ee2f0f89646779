import { type CompleteSetup, completeSetup } from "../../setup/types";

const unitPath = "/etc/systemd/system/platform-floating-ipv6.service";
const scriptPath = "/usr/local/lib/platform-edge/floating-ipv6";

/**
 * What the kernel keeps beside an address for whoever made it, as `ip` shows it: only these are taken away again. To be
 * looked for in what it shows: asked for one protocol it shows addresses without any, too.
 */
const owner = "0x33";

/**
 * The address of every floating IPv6 network on both load balancers, always, as with IPv4: who gets the traffic is the
 * API's routing alone.
 *
 * On the public interface and not on the loopback one: the way in asks by neighbour discovery who has an address, and
 * Linux answers for those of the asked interface alone. Whatever configures that interface takes away what it does not
 * know when it starts anew, so this one looks after its addresses. They are deprecated from the beginning: connections
 * that the machine opens itself leave by its own address, as answers to the other one lead to whoever has it. Both
 * machines have it, so nobody asks first whether it is taken.
 *
 * @param addresses first address of each network; none: nothing is set up
 */
export function floatingNetworkSetup(addresses: readonly string[]): CompleteSetup {
  if (addresses.length === 0) return completeSetup({});
  return completeSetup({
    packages: ["iproute2"],
    files: [
      { path: scriptPath, content: script(addresses), mode: "0755" },
      { path: unitPath, content: unitFile },
    ],
    units: [{ name: "platform-floating-ipv6.service", reads: [scriptPath, unitPath] }],
    checks: addresses.map((address, index) => ({
      name: `floating IPv6 network${index === 0 ? "" : ` ${index + 1}`} is configured`,
      command: `ip -o -6 address show to ${address} | grep -q . || { echo "${address} is on no interface: see journalctl -u platform-floating-ipv6"; false; }`,
      timeoutSeconds: 20,
    })),
  });
}

const functions = `# All of them but those on the interface that is named.
remove_others() {
  local device address rest
  while read -r _ device _ address rest; do
    if [[ "$rest" != *" proto ${owner} "* ]]; then continue; fi
    if [ "$device" = "$1" ] && [[ " \${wanted[*]} " = *" \${address%/*} "* ]]; then continue; fi
    ip -6 address delete "$address" dev "$device"
  done < <(ip -o -6 address show)
}

place() {
  local device address
  read -r device < <(ip -o -6 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p') || device=
  if [ -z "$device" ]; then
    [ "$said" = none ] || echo "there is no IPv6 default route, so no interface for \${wanted[*]}" >&2
    said=none
    return
  fi
  said=
  remove_others "$device"
  for address in "\${wanted[@]}"; do
    if ip -o -6 address show dev "$device" to "$address" | grep -q .; then continue; fi
    ip -6 address add "$address/128" dev "$device" nodad preferred_lft 0 proto ${owner} && echo "$address is on $device" >&2
  done
}`;

function script(addresses: readonly string[]): string {
  return `#!/bin/bash
# Keeps the visitors' IPv6 addresses on the interface by which IPv6 leaves the machine. clear: takes them away.
set -u
wanted=(${addresses.join(" ")})

${functions}

if [ "\${1-}" = clear ]; then
  # Not when it died: it is started again at once.
  [ "\${SERVICE_RESULT-success}" != success ] || remove_others ""
  exit 0
fi
said=
# Looked at anew whenever addresses or routes have changed, and every minute: a burst of changes may be told in part.
exec 3< <(exec ip -6 -o monitor address route)
place
while true; do
  read -r -t 60 _ <&3
  # More than 128: nothing was told in this minute. Else whoever tells has ended.
  told=$?
  [ "$told" -eq 0 ] || [ "$told" -gt 128 ] || exit 1
  while read -r -t 0.1 _ <&3; do :; done
  place
done
`;
}

const unitFile = `[Unit]
Description=Floating IPv6 networks on the public interface
After=network.target
Before=haproxy.service nginx.service keepalived.service
StartLimitIntervalSec=0

[Service]
ExecStart=${scriptPath}
ExecStopPost=-${scriptPath} clear
Restart=always
RestartSec=1
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
MemoryMax=64M

[Install]
WantedBy=multi-user.target
`;
