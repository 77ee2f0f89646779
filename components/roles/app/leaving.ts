import type { MachinePlan } from "../../plan/plan";
import { anyReady } from "../../setup/leavingSite";
import { nodeHealthPath, siteEntrance } from "../../setup/site";
import type { Leaving } from "../../setup/upgradeScript";

/** The other nodes take its requests: one of them must be ready, if there are others. */
export function leavingApp(node: MachinePlan, nodes: readonly MachinePlan[], overTls = false): Leaving {
  const { at, port, curl } = siteEntrance(overTls);
  const others = nodes.filter(({ name }) => name !== node.name);
  return {
    advice:
      "platform-upgrade --yes stops Traefik first, so that requests go to the other nodes: run it on one node at a time, and wait until the load balancers call this one UP again",
    admit: anyReady("node", others, overTls),
    drain: "systemctl stop traefik.service",
    undrain: `systemctl start traefik.service
for _ in {1..600}; do
  if curl -fsS -m 5${curl} -o /dev/null "${at(node)}:${port}${nodeHealthPath}" 2>/dev/null; then return 0; fi
  sleep 1
done
echo "this node is not ready: docker ps, journalctl -u traefik" >&2
return 1`,
  };
}
