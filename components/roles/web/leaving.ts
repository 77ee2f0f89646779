import type { MachinePlan } from "../../plan/plan";
import { anyReady } from "../../setup/leavingSite";
import { proxyHealthPath, siteEntrance } from "../../setup/site";
import type { Leaving } from "../../setup/upgradeScript";

/** The other servers take its requests: one of them must take requests, if there are others. */
export function leavingWeb(machine: MachinePlan, machines: readonly MachinePlan[], overTls = false): Leaving {
  const { at, port, curl } = siteEntrance(overTls);
  const others = machines.filter(({ name }) => name !== machine.name);
  return {
    advice:
      "platform-upgrade --yes stops nginx first, so that requests go to the other web servers: run it on one at a time, and wait until the load balancers call this one UP again",
    admit: anyReady("web server", others, overTls),
    drain: "systemctl stop nginx.service",
    undrain: `systemctl start nginx.service
for _ in {1..60}; do
  if curl -fsS -m 5${curl} -o /dev/null "${at(machine)}:${port}${proxyHealthPath}" 2>/dev/null; then return 0; fi
  sleep 1
done
echo "this server takes no requests: journalctl -u nginx" >&2
return 1`,
  };
}
