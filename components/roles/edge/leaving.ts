import type { MachinePlan } from "../../plan/plan";
import type { Leaving } from "../../setup/upgradeScript";
import { type PairAddress, pairAddresses } from "./addresses";
import { edgeHealthPort } from "./role";

/** The other load balancer takes the address, if it serves, and the IPv6 network with it. */
export function leavingEdge(
  peer: MachinePlan,
  addresses: readonly PairAddress[] = pairAddresses(),
  ipv6 = false,
): Leaving {
  const isGone = `.owner != .server${ipv6 ? " and .ipv6.owner != .server" : ""}`;
  const states = addresses.map(({ statePath }) => statePath).join(" ");
  return {
    advice:
      "platform-upgrade --yes gives the address to the other load balancer first: run it on the standby, then on this one",
    admit: `curl -fsS -m 5 -o /dev/null http://${peer.privateIp}:${edgeHealthPort}/healthz ||
  die "${peer.hostname} does not serve, so this one stays: put it in order first"`,
    drain: `systemctl stop keepalived.service
for _ in {1..60}; do
  if jq -es 'all(${isGone})' ${states} >/dev/null 2>&1; then return 0; fi
  sleep 0.5
done
die "the address is still here after 30 s, so nothing was upgraded: ${states} says why"`,
    undrain: "systemctl start keepalived.service",
  };
}
