// A valid request for every operation, made in a cloud in memory. New kinds add their table here.

import { addressRequests } from "./addresses";
import { catalogueRequests } from "./catalogue";
import { certificateRequests, loadBalancerRequests } from "./loadBalancers";
import type { Prepare, Requests } from "./request";
import { firewallRequests, keyAndGroupRequests, networkRequests, volumeRequests } from "./resources";
import { imageRequests, serverRequests } from "./servers";
import { storageBoxRequests } from "./storageBoxes";
import { zoneRequests } from "./zones";

const tables: readonly Requests[] = [
  catalogueRequests,
  keyAndGroupRequests,
  networkRequests,
  firewallRequests,
  addressRequests,
  volumeRequests,
  serverRequests,
  imageRequests,
  certificateRequests,
  loadBalancerRequests,
  storageBoxRequests,
  zoneRequests,
];

export interface OperationRequests {
  /** Such as `POST /servers/{id}/actions/poweron`. */
  readonly operation: string;
  readonly prepare: readonly Prepare[];
}

export const requests: readonly OperationRequests[] = tables
  .flatMap((table) => Object.entries(table))
  .flatMap(([operation, prepare]) =>
    prepare === undefined ? [] : [{ operation, prepare: [prepare].flat() }],
  );

/** Operations that answer `unsupported_error` instead of a success without an effect, with the reason. */
export const withoutSuccess: Readonly<Record<string, string>> = {
  "POST /servers/{id}/actions/request_console": "there is no console",
};

/** Described operations that have no route, with the reason. */
export const notServed: readonly { readonly path: RegExp; readonly reason: string }[] = [];
