import type { Json, TestCloud } from "../../testCloud";

/** A service as requests and answers have it. */
export const TCP = { protocol: "tcp", listen_port: 5432, destination_port: 5432 };

/** Makes load balancers and changes them, and waits for each action. */
export function balancersIn(cloud: () => TestCloud) {
  const create = async (more: object = {}): Promise<Json> => {
    const body = { name: "lb", load_balancer_type: "lb11", location: "fsn1", ...more };
    const { load_balancer, action } = await cloud().ok("POST", "/load_balancers", body);
    await cloud().succeeds(action);
    return (await cloud().get(`/load_balancers/${load_balancer.id}`)).load_balancer;
  };
  const read = async ({ id }: Json): Promise<Json> =>
    (await cloud().get(`/load_balancers/${id}`)).load_balancer;
  const act = (row: Json, name: string, body?: object) =>
    cloud().act(`/load_balancers/${row.id}/actions/${name}`, body);
  const refuse = (code: string, row: Json, name: string, body?: object) =>
    cloud().fails(code, "POST", `/load_balancers/${row.id}/actions/${name}`, body);
  const spec = () => cloud().host.world?.loadBalancers[0];
  return { create, read, act, refuse, spec };
}

export function serverTarget({ id }: Json, usePrivateIp = false) {
  return { type: "server", server: { id }, use_private_ip: usePrivateIp };
}
