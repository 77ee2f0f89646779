import type { MachinePlan } from "../../plan/plan";
import type { Leaving } from "../../setup/upgradeScript";
import { type PairAddress, pairAddresses } from "./addresses";
import { adminSocket } from "./haproxyReload";
import { balancedMap, noticeSeconds } from "./managed";
import { edgeHealthPort } from "./role";

/**
 * The other load balancer takes the address, if it serves, and the IPv6 network with it. Hetzner's, where there is one,
 * looks elsewhere first.
 *
 * @param isBalanced there is one
 */
export function leavingEdge(
  peer: MachinePlan,
  addresses: readonly PairAddress[] = pairAddresses(),
  ipv6 = false,
  isBalanced = false,
): Leaving {
  const isGone = `.owner != .server${ipv6 ? " and .ipv6.owner != .server" : ""}`;
  const [deny, admit] = isBalanced
    ? [`${balanced("yes")}sleep ${noticeSeconds}\n`, `\n${balanced("no")}`.trimEnd()]
    : ["", ""];
  const states = addresses.map(({ statePath }) => statePath).join(" ");
  return {
    advice:
      "platform-upgrade --yes gives the address to the other load balancer first: run it on the standby, then on this one",
    admit: `curl -fsS -m 5 -o /dev/null http://${peer.privateIp}:${edgeHealthPort}/healthz ||
  die "${peer.hostname} does not serve, so this one stays: put it in order first"`,
    drain: `${deny}systemctl stop keepalived.service
for _ in {1..60}; do
  if jq -es 'all(${isGone})' ${states} >/dev/null 2>&1; then return 0; fi
  sleep 0.5
done
die "the address is still here after 30 s, so nothing was upgraded: ${states} says why"`,
    undrain: `systemctl start keepalived.service${admit}`,
  };
}

/** After a start HAProxy reads that it does not leave. */
const balanced = (leaving: "yes" | "no") =>
  `socat -t 5 - UNIX-CONNECT:${adminSocket} <<<"set map ${balancedMap} leaving ${leaving}" >/dev/null\n`;
