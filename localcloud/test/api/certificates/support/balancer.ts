import type { Json, TestCloud } from "../../testCloud";

/** A load balancer that serves these certificates. */
export async function balancerWith(cloud: TestCloud, certificates: readonly number[]): Promise<Json> {
  const { load_balancer, action } = await cloud.ok("POST", "/load_balancers", {
    name: "lb",
    load_balancer_type: "lb11",
    location: "fsn1",
    services: [{ protocol: "https", http: { certificates } }],
  });
  await cloud.succeeds(action);
  return load_balancer;
}
