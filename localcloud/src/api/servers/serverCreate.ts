// Creating a server: everything is checked and reserved in the request, the machine is made by the actions.
import { z } from "zod";
import { defineWork } from "../../actions/work";
import { macAddress } from "../../addresses/ip";
import { catalogue, type ServerType } from "../../catalogue/catalogue";
import type { Action, Server } from "../../state/rows";
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
import { ApiError, invalidFields, invalidInput, limitExceeded } from "../calls/errors";
import { idOrName, labelsField } from "../calls/fields";
import { requireFree } from "../calls/locks";
import { newRow } from "../calls/owned";
import { isSoldOut } from "../catalogue/catalogueViews";
import { applyTargets } from "../firewalls/firewallActions";
import { bootImage } from "../images/images";
import { requireRoom } from "../placement/placementGroups";
import { publicKeyOf } from "../sshKeys/sshKeys";
import { requireAttachable, volumesPerServer } from "../volumes/volumeActions";
import { attachLater } from "../volumes/volumes";
import { publicNetField, takePublicAddresses } from "./publicAddresses";
import { newRootPassword, rootPasswordHash } from "./rootPassword";
import { attachNetwork, newAttachment } from "./serverNetworks";
import { startServer } from "./serverPower";
import { renderServer } from "./serverViews";

const userDataBytes = 32 * 1024;

/** A host name by RFC 1123: labels of letters, digits and dashes. */
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

export const serverName = z.string().regex(hostName, {
  message: "must be a valid host name by RFC 1123: letters, digits, dots and dashes",
});

const id = z.int().positive();

const createSchema = z.object({
  name: serverName,
  location: idOrName.optional(),
  datacenter: idOrName.optional(),
  server_type: idOrName,
  image: idOrName,
  start_after_create: z.boolean().optional(),
  placement_group: id.optional(),
  ssh_keys: z.array(idOrName).optional(),
  volumes: z.array(id).optional(),
  networks: z.array(id).optional(),
  firewalls: z.array(z.object({ firewall: id })).optional(),
  user_data: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= userDataBytes, { message: "must be at most 32 KiB" })
    .optional(),
  labels: labelsField.optional(),
  automount: z.boolean().optional(),
  public_net: publicNetField.optional(),
});

type Body = z.output<typeof createSchema>;

export const createServer = defineWork<{ server: number }>({
  name: "create_server",
  command: "create_server",
  network: true,
  networkAtOnce: true,
  steps: (_store, { server }) => [{ do: "createServer", server }],
});

export function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  const type = wantedType(body);
  const location = chooseLocation(call, body, type);
  const image = wantedImage(call, body, type);
  requireUniqueName(call, "server", body.name);
  const serverId = call.store.nextId();
  const publicKeys = (body.ssh_keys ?? []).map((wanted) => publicKeyOf(call, wanted));
  // A password is only set where nobody could log in otherwise.
  const password = publicKeys.length > 0 ? null : newRootPassword();
  const server: Server = {
    ...newRow(call, serverId, body),
    serverType: type.name,
    location,
    image: image.id,
    diskGb: type.diskGb,
    userData: body.user_data ?? "",
    publicKeys,
    rootPasswordHash: password && rootPasswordHash(password),
    power: "off",
    macAddress: macAddress("96:00", serverId),
    privateNets: [],
    placementGroup: placementGroup(call, body.placement_group, location),
    protected: false,
    backupWindow: null,
  };
  call.store.put("server", server);
  takePublicAddresses(call, server, body);
  const { action, next } = beginActions(call, server, body);
  return created({
    server: renderServer(call, server),
    action: renderAction(action),
    next_actions: next.map(renderAction),
    root_password: password,
  });
}

function wantedType(body: Body): ServerType {
  const type = catalogue.serverTypes.find((candidate) => matchesIdOrName(body.server_type, candidate));
  if (type === undefined)
    throw invalidInput("server_type", `server type '${body.server_type}' does not exist`);
  if (type.retired) throw invalidInput("server_type", `server type ${type.id} is deprecated`);
  return type;
}

function wantedImage(call: Call, body: Body, type: ServerType) {
  const image = bootImage(call, body.image, type.architecture);
  if (image === null) {
    throw invalidInput("image", `image '${body.image}' does not exist for architecture ${type.architecture}`);
  }
  requireDisk(type, image.diskGb);
  return image;
}

function chooseLocation(call: Call, body: Body, type: ServerType): string {
  if (body.location !== undefined && body.datacenter !== undefined) {
    const messages = ["location and datacenter exclude each other"];
    throw invalidFields([
      { name: "location", messages },
      { name: "datacenter", messages },
    ]);
  }
  const name = wantedLocation(body) ?? type.locations[0] ?? "";
  if (!type.locations.includes(name)) {
    throw new ApiError("invalid_input", "unsupported location for server type", {
      fields: [{ name: "location", messages: [`${type.name} is offered in ${type.locations.join(", ")}`] }],
    });
  }
  if (isSoldOut(call.settings, type.name, name)) {
    throw new ApiError(
      "resource_unavailable",
      "we are unable to provision servers for this location, try with a different location or try later",
    );
  }
  return name;
}

function wantedLocation({ location, datacenter }: Body): string | undefined {
  if (location === undefined && datacenter === undefined) return undefined;
  const field = location === undefined ? "datacenter" : "location";
  const wanted = location ?? datacenter ?? "";
  const found = catalogue.locations.find((candidate) =>
    matchesIdOrName(wanted, field === "location" ? candidate : candidate.datacenter),
  );
  if (found === undefined) throw invalidInput(field, `${field} '${wanted}' does not exist`);
  return found.name;
}

function requireDisk(type: ServerType, imageDiskGb: number) {
  if (imageDiskGb > type.diskGb) {
    throw invalidInput(
      "image",
      `image needs a disk of ${imageDiskGb} GB, ${type.name} has ${type.diskGb} GB`,
    );
  }
}

function placementGroup(call: Call, wanted: number | undefined, location: string): number | null {
  if (wanted === undefined) return null;
  const group = ownedByField(call, "placement_group", wanted);
  requireRoom(call, group, location);
  return group.id;
}

function requireVolumes(volumes: readonly number[]) {
  if (new Set(volumes).size < volumes.length) throw invalidInput("volumes", "must not name a volume twice");
  if (volumes.length > volumesPerServer) {
    throw limitExceeded(`a server has at most ${volumesPerServer} volumes`, "volume_limit");
  }
}

/**
 * One after the other: interfaces, volumes and firewall are there before the first boot. Networks are attached
 * in the order of the request.
 */
function beginActions(call: Call, server: Server, body: Body): { action: Action; next: Action[] } {
  const resources = [ref("server", server.id)];
  const action = call.begin(createServer, { server: server.id }, { resources });
  const next: Action[] = [];
  const last = () => next.at(-1)?.id ?? action.id;
  // What the attachments before will have made of the server, so that each is checked against them.
  let attached = server;
  for (const network of body.networks ?? []) {
    const args = newAttachment(call, attached, ownedByField(call, "network", network), {});
    attached = { ...attached, privateNets: [...attached.privateNets, args] };
    const both = [...resources, ref("network", network)];
    next.push(call.begin(attachNetwork, args, { resources: both, after: last() }));
  }
  requireVolumes(body.volumes ?? []);
  for (const wanted of body.volumes ?? []) {
    const volume = ownedByField(call, "volume", wanted);
    requireFree(call.store, ref("volume", volume.id));
    requireAttachable(volume, server.location, "volumes");
    next.push(attachLater(call, volume.id, server.id, body.automount ?? false, last()));
  }
  for (const { firewall } of body.firewalls ?? []) {
    ownedByField(call, "firewall", firewall);
    const target = { type: "server", server: server.id } as const;
    next.push(...applyTargets(call, firewall, [target], "server_already_added", 422, last()));
  }
  if (body.start_after_create ?? true) {
    next.push(call.begin(startServer, { server: server.id }, { resources, after: last() }));
  }
  return { action, next };
}
