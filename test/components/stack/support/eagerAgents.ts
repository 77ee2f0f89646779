import { setTimeout } from "node:timers/promises";
import type { TestCloud } from "../../../../localcloud/test/api/testCloud";

/** Both load balancers' agents, more eager than they are. */
export function takeTheAddress(cloud: TestCloud) {
  let stopped = false;
  let taken = 0;
  const round = async () => {
    const { floating_ips } = await cloud.get("/floating_ips");
    const { servers } = await cloud.get("/servers");
    const pair = servers.find(({ name }: { name: string }) => /-edge\d$/.test(name));
    const [address] = floating_ips;
    if (address === undefined || address.server !== null || pair === undefined) return;
    const path = `/floating_ips/${address.id}/actions/assign`;
    if ((await cloud.call("POST", path, { server: pair.id })).status < 300) taken += 1;
  };
  const loop = (async () => {
    while (!stopped) {
      await round();
      await setTimeout(2);
    }
  })();
  return {
    get taken() {
      return taken;
    },
    stop: async () => {
      stopped = true;
      await loop;
    },
  };
}
