// Placement groups, of which only the kind `spread` exists.
import { z } from "zod";
import type { PlacementGroup } from "../../state/rows";
import {
  type Call,
  created,
  listOwned,
  noContent,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  requireUniqueName,
} from "../calls/call";
import { ApiError, limitExceeded } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import {
  nameField,
  newRow,
  type OwnedOptions,
  readRoutes,
  rename,
  renameSchema,
  updateRoute,
} from "../calls/owned";
import { hasFreeHost } from "./physicalHosts";

const groupsPerProject = 50;
const serversPerGroup = 10;

const createSchema = z.object({
  name: nameField,
  type: z.literal("spread"),
  labels: labelsField.optional(),
});

const options: OwnedOptions<"placement_group"> = {
  kind: "placement_group",
  path: "/placement_groups",
  render: renderPlacementGroup,
  list: {
    sort: sortByIdNameCreated,
    filters: { ...filterByName, type: (row, value) => row.type === value },
    allowed: { type: ["spread"] },
  },
  repeatable: true,
};

export const placementGroupRoutes: readonly Route[] = [
  ...readRoutes(options),
  { method: "POST", path: "/placement_groups", handle: create },
  updateRoute(options, { schema: renameSchema, change: rename }),
  { method: "DELETE", path: "/placement_groups/:id", handle: remove },
];

export function renderPlacementGroup(call: Call, group: PlacementGroup) {
  const { id, name, labels, type, created: since } = group;
  return { id, name, labels, type, created: since, servers: membersOf(call, id) };
}

function membersOf(call: Call, group: number): number[] {
  return listOwned(call, "server")
    .filter((server) => server.placementGroup === group)
    .map(({ id }) => id);
}

/** Refuses one more member where ten are, or where the location has no host without one (HC-PG1). */
export function requireRoom(call: Call, group: PlacementGroup, location: string) {
  if (membersOf(call, group.id).length >= serversPerGroup) {
    throw new ApiError("placement_error", `placement group ${group.name} has ${serversPerGroup} servers`);
  }
  const servers = call.store.list("server");
  if (!hasFreeHost(group.id, location, servers, call.settings.hostsPerLocation)) {
    throw new ApiError("resource_unavailable", "error during placement");
  }
}

function create(call: Call): Reply {
  const body = readBody(call, createSchema);
  requireUniqueName(call, "placement_group", body.name);
  if (listOwned(call, "placement_group").length >= groupsPerProject) {
    throw limitExceeded("placement group limit exceeded", "placement_group_limit");
  }
  const row = { ...newRow(call, call.store.nextId(), body), type: body.type };
  call.store.put("placement_group", row);
  return created({ placement_group: renderPlacementGroup(call, row), action: null });
}

/** Members leave their group: whether Hetzner refuses a group with members is unverified (HC-S8). */
function remove(call: Call): Reply {
  const group = ownedByPath(call, "placement_group");
  for (const server of listOwned(call, "server")) {
    if (server.placementGroup === group.id) call.store.put("server", { ...server, placementGroup: null });
  }
  call.store.remove("placement_group", group.id);
  return noContent();
}
