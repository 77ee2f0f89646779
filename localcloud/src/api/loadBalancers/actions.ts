// Services, targets, algorithm and type of a load balancer. Each request is judged by the load balancer as the
// actions that run now will leave it, because these do not lock each other out (see locks.ts).
import { z } from "zod";
import type { Work } from "../../actions/work";
import { catalogue } from "../../catalogue/catalogue";
import type { LoadBalancer } from "../../state/rows";
import { actionReply } from "../calls/actionRoutes";
import {
  type Call,
  matchesIdOrName,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { idOrName } from "../calls/fields";
import { requireFree } from "../calls/locks";
import {
  addService,
  addTarget,
  changeAlgorithm,
  changeType,
  deleteService,
  isSameTarget,
  pendingRow,
  removeTarget,
  updateService,
} from "./changes";
import { algorithmField } from "./create";
import { excessOf, requireCertificates, requireFreePorts, requireWithinLimits } from "./limits";
import { changedService, newService, serviceSchema, serviceUpdateSchema } from "./services";
import { readTarget, requirePossible, targetSchema } from "./targets";

interface Begin {
  /** The load balancer as it will be. */
  readonly balancer: LoadBalancer;
  start<A extends { readonly loadBalancer: number }>(work: Work<A>, args: Omit<A, "loadBalancer">): Reply;
}

function action(name: string, handle: (call: Call, begin: Begin) => Reply): Route {
  return {
    method: "POST",
    path: `/load_balancers/:id/actions/${name}`,
    handle: (call) => {
      const row = ownedByPath(call, "load_balancer");
      const resource = ref("load_balancer", row.id);
      requireFree(call.store, resource);
      return handle(call, {
        balancer: pendingRow(call.store, row),
        start: <A extends { readonly loadBalancer: number }>(work: Work<A>, args: Omit<A, "loadBalancer">) =>
          actionReply(startAction(call, work, { ...args, loadBalancer: row.id } as A, [resource])),
      });
    },
  };
}

export const loadBalancerActionRoutes: readonly Route[] = [
  action("add_service", (call, { balancer, start }) => {
    const service = newService(readBody(call, serviceSchema));
    requireCertificates(call, service);
    const services = [...balancer.services, service];
    requireFreePorts(services, 412);
    requireWithinLimits(call.store, { ...balancer, services });
    return start(addService, { service });
  }),

  action("update_service", (call, { balancer, start }) => {
    const body = readBody(call, serviceUpdateSchema);
    const old = serviceOn(balancer, body.listen_port);
    const service = changedService(old, body);
    requireCertificates(call, service);
    const services = balancer.services.map((other) => (other === old ? service : other));
    requireFreePorts(services, 422);
    requireWithinLimits(call.store, { ...balancer, services });
    return start(updateService, { service });
  }),

  action("delete_service", (call, { balancer, start }) => {
    const { listen_port: listenPort } = readBody(call, z.object({ listen_port: z.int() }));
    serviceOn(balancer, listenPort);
    return start(deleteService, { listenPort });
  }),

  action("add_target", (call, { balancer, start }) => {
    const target = readTarget(readBody(call, targetSchema));
    requirePossible(call, balancer, target);
    requireWithinLimits(call.store, { ...balancer, targets: [...balancer.targets, target] });
    return start(addTarget, { target });
  }),

  action("remove_target", (call, { balancer, start }) => {
    const target = readTarget(readBody(call, targetSchema));
    if (!balancer.targets.some(isSameTarget(target))) {
      throw new ApiError("load_balancer_target_not_found", "load balancer target not found");
    }
    return start(removeTarget, { target });
  }),

  action("change_algorithm", (call, { start }) => {
    const algorithm = algorithmField.safeParse(readBody(call, z.object({ type: z.string() })).type);
    if (algorithm.success) return start(changeAlgorithm, { algorithm: algorithm.data });
    // The message to the letter: HC-E1.
    const messages = [`must be one of ${algorithmField.options.join(", ")}`];
    throw new ApiError("invalid_input", "invalid input in field 'type'", {
      fields: [{ name: "type", messages }],
    });
  }),

  action("change_type", (call, { balancer, start }) => {
    const { load_balancer_type: wanted } = readBody(call, z.object({ load_balancer_type: idOrName }));
    const type = catalogue.loadBalancerTypes.find((row) => matchesIdOrName(wanted, row));
    if (type === undefined) throw invalidInput("load_balancer_type", `type '${wanted}' does not exist`);
    const excess = excessOf(call.store, balancer, type);
    if (excess !== null) {
      throw new ApiError(
        "invalid_load_balancer_type",
        `type ${type.name} does not fit: it allows ${excess.maximum} ${excess.what}, the load balancer has more`,
      );
    }
    return start(changeType, { loadBalancerType: type.name });
  }),
];

function serviceOn({ services, name }: LoadBalancer, listenPort: number) {
  const service = services.find((candidate) => candidate.listenPort === listenPort);
  if (service !== undefined) return service;
  throw new ApiError("not_found", `load balancer ${name} has no service with listen port ${listenPort}`);
}
