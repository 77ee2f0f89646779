// Read-only resources: server types, locations, datacenters, ISOs, load balancer types, pricing.
import { catalogue } from "../../catalogue/catalogue";
import type { Settings } from "../../settings/api";
import { type Call, ok, type Reply, type Route, readId } from "../calls/call";
import { ApiError, notFound } from "../calls/errors";
import { filterByName, type ListOptions, listReply, readFlag, sortById, sortByIdName } from "../calls/lists";
import {
  renderDatacenter,
  renderIso,
  renderLoadBalancerType,
  renderLocation,
  renderPricing,
  renderServerType,
  renderStorageBoxType,
} from "./catalogueViews";

interface Listed<R> {
  readonly path: string;
  /** Root keys of one and of many. */
  readonly one: string;
  readonly many: string;
  readonly rows: readonly R[];
  readonly render: (row: R, settings: Settings) => unknown;
  readonly list?: Partial<ListOptions<R>>;
}

function readOnly<R extends { id: number; name: string; retired?: boolean }>(
  kind: Listed<R>,
): readonly Route[] {
  return [
    {
      method: "GET",
      path: kind.path,
      repeatable: true,
      handle: (call) =>
        listReply(call, {
          key: kind.many,
          rows: byId(kind.rows).filter((row) => isListed(call, row)),
          render: (row) => kind.render(row, call.settings),
          sort: sortById,
          filters: filterByName,
          ...kind.list,
        }),
    },
    { method: "GET", path: `${kind.path}/:id`, repeatable: true, handle: (call) => one(call, kind) },
  ];
}

/** Hetzner lists by id, whatever the order of our files. */
const byId = <R extends { readonly id: number }>(rows: readonly R[]) => [...rows].sort((a, b) => a.id - b.id);

/** What was retired is found by its id and its name only. */
const isListed = ({ query }: Call, row: { readonly retired?: boolean }) =>
  row.retired !== true || query.name !== undefined;

function one<R extends { id: number }>(call: Call, kind: Pick<Listed<R>, "one" | "rows" | "render">): Reply {
  const id = readId(call.params.id);
  const row = kind.rows.find((candidate) => candidate.id === id);
  if (row === undefined) throw notFound(kind.one.replaceAll("_", " "), id);
  return ok({ [kind.one]: kind.render(row, call.settings) });
}

interface DatacenterRow {
  readonly id: number;
  readonly name: string;
}

const datacenters: readonly DatacenterRow[] = catalogue.locations.map(({ datacenter }) => datacenter);

function datacenterRoutes(): readonly Route[] {
  const routes = readOnly<DatacenterRow>({
    path: "/datacenters",
    one: "datacenter",
    many: "datacenters",
    rows: datacenters,
    render: (row, settings) => {
      const location = catalogue.locations.find(({ datacenter }) => datacenter.id === row.id);
      return location === undefined ? null : renderDatacenter(location, settings);
    },
    list: { sort: sortByIdName, extra: { recommendation: datacenters[0]?.id } },
  });
  return routes.map((route) => ({
    ...route,
    handle: (call: Call) => {
      if (call.settings.datacenterEndpoint) return route.handle(call);
      const announcement = "https://docs.hetzner.cloud/changelog";
      throw new ApiError("deprecated_api_endpoint", "API functionality was removed", { announcement });
    },
  }));
}

export const catalogueRoutes: readonly Route[] = [
  ...readOnly({
    path: "/server_types",
    one: "server_type",
    many: "server_types",
    rows: catalogue.serverTypes,
    render: renderServerType,
  }),
  ...readOnly({
    path: "/locations",
    one: "location",
    many: "locations",
    rows: catalogue.locations,
    render: renderLocation,
    list: { sort: sortByIdName },
  }),
  ...datacenterRoutes(),
  ...readOnly({
    path: "/load_balancer_types",
    one: "load_balancer_type",
    many: "load_balancer_types",
    rows: catalogue.loadBalancerTypes,
    render: renderLoadBalancerType,
  }),
  ...readOnly({
    path: "/storage_box_types",
    one: "storage_box_type",
    many: "storage_box_types",
    rows: catalogue.storageBoxTypes,
    render: renderStorageBoxType,
    list: { sort: {} },
  }),
  ...readOnly({
    path: "/isos",
    one: "iso",
    many: "isos",
    rows: catalogue.isos,
    render: renderIso,
    list: {
      filters: {
        ...filterByName,
        architecture: (iso, value, { query }) =>
          iso.architecture === value ||
          (iso.architecture === null && readFlag(query, "include_architecture_wildcard")),
      },
      allowed: { architecture: ["x86", "arm"] },
      flags: ["include_architecture_wildcard"],
    },
  }),
  { method: "GET", path: "/pricing", repeatable: true, handle: () => ok({ pricing: renderPricing() }) },
];
