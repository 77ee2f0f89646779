// Images: the catalogue's system images, and the snapshots and backups that servers leave.
import { z } from "zod";
import { defineWork } from "../../actions/work";
import { catalogue, type SystemImage } from "../../catalogue/catalogue";
import type { Image } from "../../state/rows";
import { actionRoutes } from "../calls/actionRoutes";
import {
  type Call,
  findOwned,
  listOwned,
  noContent,
  ok,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  readId,
  ref,
} from "../calls/call";
import { ApiError, notFound } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { listReply, readFlag, type SortFields } from "../calls/lists";
import { protectionOf } from "../calls/protection";
import { isBootable, renderSnapshot, renderSystemImage } from "../catalogue/catalogueViews";

type RenderedImage = ReturnType<typeof renderSystemImage> | ReturnType<typeof renderSnapshot>;

const sortFields: SortFields<RenderedImage> = {
  id: (image) => image.id,
  name: (image) => image.name ?? "",
  created: (image) => image.created,
};

const updateSchema = z.object({
  description: z.string().optional(),
  type: z.literal("snapshot").optional(),
  labels: labelsField.optional(),
});

const removeSnapshot = defineWork<{ image: number }>({
  name: "delete_image",
  command: "delete_image",
  steps: (_store, { image }) => [{ do: "removeSnapshot", image }],
});

/** Backups cannot be protected, they go when their slot is needed. */
const protection = protectionOf("/images", "image", ({ type }) => {
  if (type !== "snapshot") {
    throw new ApiError("unsupported_error", `only snapshots can be protected, this image is a ${type}`);
  }
});

export const imageWorks = [removeSnapshot, protection.work];

export const imageRoutes: readonly Route[] = [
  ...actionRoutes("/images", "image"),
  { method: "GET", path: "/images", repeatable: true, handle: list },
  { method: "GET", path: "/images/:id", repeatable: true, handle: get },
  { method: "PUT", path: "/images/:id", handle: update },
  { method: "DELETE", path: "/images/:id", handle: remove },
  protection.route,
];

export function allImages(call: Call): RenderedImage[] {
  const images = [
    ...catalogue.images.map((image) => renderSystemImage(image, call.settings)),
    ...listOwned(call, "image").map(renderSnapshot),
  ];
  return images.sort((a, b) => a.id - b.id);
}

function list(call: Call): Reply {
  const withDeprecated = readFlag(call.query, "include_deprecated");
  return listReply<RenderedImage>(call, {
    key: "images",
    rows: allImages(call).filter(({ deprecated }) => withDeprecated || deprecated === null),
    render: (image) => image,
    sort: sortFields,
    filters: {
      name: (image, value) => image.name === value,
      type: (image, value) => image.type === value,
      status: (image, value) => image.status === value,
      architecture: (image, value) => image.architecture === value,
      bound_to: (image, value) => image.bound_to === readId(value, "bound_to"),
    },
    allowed: {
      type: ["system", "app", "snapshot", "backup"],
      status: ["creating", "available", "unavailable"],
      architecture: ["x86", "arm"],
    },
  });
}

export function findImage(call: Call, id: number): RenderedImage | undefined {
  return allImages(call).find((image) => image.id === id);
}

function get(call: Call): Reply {
  const id = readId(call.params.id);
  const image = findImage(call, id);
  if (image === undefined) throw notFound("image", id);
  return ok({ image });
}

function update(call: Call): Reply {
  requireNotSystem(call);
  const row = ownedByPath(call, "image");
  const body = readBody(call, updateSchema);
  const changed: Image = {
    ...row,
    description: body.description ?? row.description,
    // A backup that becomes a snapshot outlives its server.
    type: body.type ?? row.type,
    boundTo: body.type === "snapshot" ? null : row.boundTo,
    labels: body.labels ?? row.labels,
  };
  call.store.put("image", changed);
  return ok({ image: renderSnapshot(changed) });
}

function requireNotSystem(call: Call) {
  const id = readId(call.params.id);
  if (catalogue.images.some((image) => image.id === id)) {
    throw new ApiError(
      "forbidden",
      `image ${id} is a system image: only snapshots and backups can be changed`,
    );
  }
}

function remove(call: Call): Reply {
  requireNotSystem(call);
  const row = ownedByPath(call, "image");
  if (row.protected) throw new ApiError("protected", "snapshot deletion is protected");
  forgetImage(call, row);
  return noContent();
}

/** Servers that were made from it show no image any more. */
export function forgetImage(call: Call, row: Image) {
  for (const server of listOwned(call, "server")) {
    if (server.image === row.id) call.store.put("server", { ...server, image: null });
  }
  call.store.remove("image", row.id);
  call.begin(removeSnapshot, { image: row.id }, { resources: [ref("image", row.id)], hidden: true });
}

export interface BootImage {
  readonly id: number;
  readonly diskGb: number;
  readonly osFlavor: string;
  readonly osVersion: string | null;
}

/**
 * The image that a request names, when it exists for the architecture and the machine room can boot it. Listed
 * images that it cannot boot answer `unsupported_error`: never a machine with another system than was asked for.
 */
export function bootImage(call: Call, wanted: number | string, architecture: string): BootImage | null {
  const id = typeof wanted === "number" ? wanted : /^[0-9]+$/.test(wanted) ? Number(wanted) : null;
  const snapshot = id === null ? undefined : findOwned(call, "image", id);
  if (snapshot !== undefined && snapshot.architecture === architecture) {
    if (snapshot.status !== "available") {
      throw new ApiError(
        "resource_unavailable",
        `image ${id} is ${snapshot.status}: wait until it is available`,
      );
    }
    return snapshot;
  }
  const system = catalogue.images.find(
    (image) => image.architecture === architecture && (image.id === id || image.name === wanted),
  );
  if (system === undefined) return null;
  requireBootable(call, system);
  return {
    id: system.id,
    diskGb: system.disk_size,
    osFlavor: system.os_flavor,
    osVersion: system.os_version,
  };
}

function requireBootable(call: Call, image: SystemImage) {
  const { bootableImages, architecture } = call.settings;
  if (isBootable(call.settings, image)) return;
  throw new ApiError(
    "unsupported_error",
    `image '${image.name}' (${image.architecture}) cannot be booted by this local cloud: use ${bootableImages.join(
      " or ",
    )} on a server type of architecture ${architecture}`,
  );
}
