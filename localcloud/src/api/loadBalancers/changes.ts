// What the actions of load balancers do, as pure changes of a row. Several may run at once, and a request is
// judged by the row as the running ones will leave it: two services cannot take one port.

import { type AnyWork, defineWork, gone, runningActions, type Work } from "../../actions/work";
import type { LoadBalancer, LoadBalancerService, LoadBalancerTarget } from "../../state/rows";
import type { Store } from "../../state/store";
import { releasePrimaryIps } from "../addresses/primaryIps";

interface OfLoadBalancer {
  readonly loadBalancer: number;
}

type Change<A> = (row: LoadBalancer, args: A) => LoadBalancer;

const changes = new Map<string, Change<never>>();

/** @param name key in stored plans; commands that servers have too need one of their own */
function balancerWork<A extends OfLoadBalancer>(command: string, change: Change<A>, name = command): Work<A> {
  changes.set(name, change);
  return defineWork<A>({
    name,
    command,
    network: true,
    effect: (store, args) => store.put("load_balancer", change(balancerOf(store, args.loadBalancer), args)),
    finalSteps: (_store, { loadBalancer }) => [{ do: "requireLoadBalancer", loadBalancer }],
  });
}

function balancerOf(store: Store, id: number): LoadBalancer {
  const row = store.get("load_balancer", id);
  if (row === undefined) throw gone("load balancer", id);
  return row;
}

/** The row as it will be when the actions that run now have ended. */
export function pendingRow(store: Store, row: LoadBalancer): LoadBalancer {
  return runningActions(store)
    .filter(({ resources }) => resources.some(({ id, type }) => type === "load_balancer" && id === row.id))
    .reduce((pending, { plan }) => {
      const change = changes.get(plan.work) as Change<object> | undefined;
      return change === undefined ? pending : change(pending, plan.args);
    }, row);
}

export const isSameTarget = (a: LoadBalancerTarget) => (b: LoadBalancerTarget) =>
  (a.type === "server" && b.type === "server" && a.server === b.server) ||
  (a.type === "label_selector" && b.type === "label_selector" && a.selector === b.selector) ||
  (a.type === "ip" && b.type === "ip" && a.ip === b.ip);

/** The row exists from the request on; its action ends when it serves. */
export const createLoadBalancer = balancerWork<OfLoadBalancer>("create_load_balancer", (row) => row);

export const addService = balancerWork<OfLoadBalancer & { readonly service: LoadBalancerService }>(
  "add_service",
  (row, { service }) => ({ ...row, services: [...row.services, service] }),
);

export const updateService = balancerWork<OfLoadBalancer & { readonly service: LoadBalancerService }>(
  "update_service",
  (row, { service }) => ({
    ...row,
    services: row.services.map((old) => (old.listenPort === service.listenPort ? service : old)),
  }),
);

export const deleteService = balancerWork<OfLoadBalancer & { readonly listenPort: number }>(
  "delete_service",
  (row, { listenPort }) => ({
    ...row,
    services: row.services.filter((service) => service.listenPort !== listenPort),
  }),
);

/** A deletion has its action since 2026-10-05; before, it was over with its answer. */
export const deleteLoadBalancer = defineWork<OfLoadBalancer>({
  name: "delete_load_balancer",
  command: "delete_load_balancer",
  network: true,
  effect: (store, { loadBalancer }) => {
    releasePrimaryIps(store, loadBalancer);
    store.remove("load_balancer", loadBalancer);
  },
});

export const addTarget = balancerWork<OfLoadBalancer & { readonly target: LoadBalancerTarget }>(
  "add_target",
  (row, { target }) => ({
    ...row,
    targets: [...row.targets.filter((other) => !isSameTarget(target)(other)), target],
  }),
);

export const removeTarget = balancerWork<OfLoadBalancer & { readonly target: LoadBalancerTarget }>(
  "remove_target",
  (row, { target }) => ({ ...row, targets: row.targets.filter((other) => !isSameTarget(target)(other)) }),
);

export const changeAlgorithm = balancerWork<
  OfLoadBalancer & { readonly algorithm: LoadBalancer["algorithm"] }
>("change_algorithm", (row, { algorithm }) => ({ ...row, algorithm }));

export const changeType = balancerWork<OfLoadBalancer & { readonly loadBalancerType: string }>(
  "change_load_balancer_type",
  (row, { loadBalancerType }) => ({ ...row, loadBalancerType }),
);

export const enablePublicInterface = balancerWork<OfLoadBalancer>("enable_public_interface", (row) => ({
  ...row,
  publicInterface: true,
}));

export const disablePublicInterface = balancerWork<OfLoadBalancer>("disable_public_interface", (row) => ({
  ...row,
  publicInterface: false,
}));

const attach = balancerWork<OfLoadBalancer & { readonly network: number; readonly ip: string }>(
  "attach_to_network",
  (row, { network, ip }) => ({ ...row, privateNets: [{ network, ip }] }),
  "attach_to_network/load_balancer",
);

/** `network` and `ip` are what reserves the address while the action runs (privateAddresses.ts). */
export const attachNetwork: typeof attach = {
  ...attach,
  effect: (store, args, outcome) => {
    if (store.get("network", args.network) === undefined) {
      throw gone("network", args.network);
    }
    attach.effect(store, args, outcome);
  },
};

export const detachNetwork = balancerWork<OfLoadBalancer & { readonly network: number }>(
  "detach_from_network",
  (row, { network }) => ({ ...row, privateNets: row.privateNets.filter((net) => net.network !== network) }),
  "detach_from_network/load_balancer",
);

export const loadBalancerChanges: readonly AnyWork[] = [
  createLoadBalancer,
  deleteLoadBalancer,
  addService,
  updateService,
  deleteService,
  addTarget,
  removeTarget,
  changeAlgorithm,
  changeType,
  enablePublicInterface,
  disablePublicInterface,
  attachNetwork,
  detachNetwork,
];
