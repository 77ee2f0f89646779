// `POST /load_balancers`. The row exists from the request on; the action ends when the load balancer serves.
import { z } from "zod";
import { catalogue } from "../../catalogue/catalogue";
import type { LoadBalancer, LoadBalancerTarget, PrimaryIp } from "../../state/rows";
import { takeGiven } from "../addresses/primaryIpAssignment";
import { takePublicAddress } from "../addresses/publicAddresses";
import { renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  matchesIdOrName,
  ownedByField,
  type Reply,
  readBody,
  ref,
  requireUniqueName,
} from "../calls/call";
import { invalidInput } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { nameField, newRow } from "../calls/owned";
import { createLoadBalancer } from "./changes";
import { requireCertificates, requireFreePorts, requireWithinLimits } from "./limits";
import { chooseNetworkAddress } from "./networks";
import { newService, serviceSchema } from "./services";
import { readTarget, requireNetwork, requirePossible, targetSchema } from "./targets";
import { renderLoadBalancer } from "./views";

export const algorithmField = z.enum(["round_robin", "least_connections"]);

/** Of all kinds only this one says that its name neither begins nor ends with a space. */
export const loadBalancerName = nameField.refine((name) => name.trim() === name, {
  message: "must not begin or end with a space",
});

const schema = z.object({
  name: loadBalancerName,
  load_balancer_type: idOrName,
  algorithm: z.object({ type: algorithmField }).optional(),
  services: z.array(serviceSchema).optional(),
  targets: z.array(targetSchema).optional(),
  labels: labelsField.optional(),
  public_interface: z.boolean().optional(),
  public_net: z.object({ ipv4: z.int().positive().nullish(), ipv6: z.int().positive().nullish() }).optional(),
  network: z.int().positive().optional(),
  network_zone: z.string().min(1).optional(),
  location: idOrName.optional(),
});

export function create(call: Call): Reply {
  const body = readBody(call, schema);
  const type = catalogue.loadBalancerTypes.find((row) => matchesIdOrName(body.load_balancer_type, row));
  if (type === undefined) {
    throw invalidInput("load_balancer_type", `type '${body.load_balancer_type}' does not exist`);
  }
  const location = locationFor(body);
  requireUniqueName(call, "load_balancer", body.name);
  const id = call.store.nextId();
  const empty: LoadBalancer = {
    ...newRow(call, id, { name: body.name, labels: body.labels ?? {} }),
    loadBalancerType: type.name,
    location,
    publicInterface: body.public_interface ?? true,
    ipv4: addressFor(call, { id, location }, "ipv4", body.public_net),
    ipv6: addressFor(call, { id, location }, "ipv6", body.public_net),
    dnsPtr: {},
    privateNets: body.network ? [attachmentTo(call, body.network, location)] : [],
    algorithm: body.algorithm?.type ?? "round_robin",
    services: [],
    targets: [],
    protected: false,
  };
  if (!empty.publicInterface) requireNetwork(empty);
  const row = withTargets(call, withServices(call, empty, body.services ?? []), body.targets ?? []);
  requireWithinLimits(call.store, row);
  call.store.put("load_balancer", row);
  const resources = [ref("load_balancer", row.id)];
  const action = call.begin(createLoadBalancer, { loadBalancer: row.id }, { resources });
  return created({ load_balancer: renderLoadBalancer(call, row), action: renderAction(action) });
}

/** A primary IP that the request names, since 2026-10-05, or an address that goes with the load balancer. */
function addressFor(
  call: Call,
  owner: { readonly id: number; readonly location: string },
  type: PrimaryIp["type"],
  net: z.output<typeof schema>["public_net"],
): string {
  const given = call.settings.loadBalancerPrimaryIps ? net?.[type] : undefined;
  return given ? takeGiven(call, owner, type, given).ip : takePublicAddress(call, type);
}

function locationFor(body: Pick<z.output<typeof schema>, "location" | "network_zone">): string {
  const { location: wanted, network_zone: zone } = body;
  if (wanted && zone) throw invalidInput("network_zone", "location and network_zone exclude each other");
  if (!wanted && !zone) throw invalidInput("location", "either location or network_zone is required");
  const found = catalogue.locations.find((location) =>
    wanted ? matchesIdOrName(wanted, location) : location.network_zone === zone,
  );
  if (found !== undefined) return found.name;
  if (wanted) throw invalidInput("location", `location '${wanted}' does not exist`);
  throw invalidInput("network_zone", `network zone '${zone}' does not exist`);
}

function attachmentTo(call: Call, id: number, location: string) {
  const network = ownedByField(call, "network", id);
  return { network: network.id, ip: chooseNetworkAddress(call, network, location, {}) };
}

function withServices(
  call: Call,
  row: LoadBalancer,
  bodies: readonly z.output<typeof serviceSchema>[],
): LoadBalancer {
  const services = bodies.map((body, index) => newService(body, `services.${index}.`));
  for (const [index, service] of services.entries()) requireCertificates(call, service, `services.${index}.`);
  requireFreePorts(services, 412);
  return { ...row, services };
}

function withTargets(
  call: Call,
  row: LoadBalancer,
  bodies: readonly z.output<typeof targetSchema>[],
): LoadBalancer {
  const targets: LoadBalancerTarget[] = [];
  for (const [index, body] of bodies.entries()) {
    const target = readTarget(body, `targets.${index}.`);
    requirePossible(call, { ...row, targets }, target);
    targets.push(target);
  }
  return { ...row, targets };
}
