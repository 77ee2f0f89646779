// Certificates: uploaded ones are read and checked, managed ones are issued by an action (HC-A9).
import { z } from "zod";
import type { AnyWork } from "../../actions/work";
import type { Certificate } from "../../state/rows";
import { actionReply, actionRoutes, renderAction } from "../calls/actionRoutes";
import {
  type Call,
  created,
  listOwned,
  noContent,
  ownedByPath,
  type Reply,
  type Route,
  readBody,
  ref,
  requireUniqueName,
  startAction,
} from "../calls/call";
import { ApiError, invalidInput } from "../calls/errors";
import { labelsField } from "../calls/fields";
import { filterByName, sortByIdNameCreated } from "../calls/lists";
import { requireFree } from "../calls/locks";
import {
  nameField,
  newRow,
  type OwnedOptions,
  readRoutes,
  rename,
  renameSchema,
  updateRoute,
} from "../calls/owned";
import { certificatesOf } from "../loadBalancers/spec";
import { createCertificate, isRetryable, issueCertificate, issueWorks, pendingStatus } from "./issue";
import { readCertificate } from "./parse";

const domainForm =
  /^(?=.{1,253}$)(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

const schema = z.object({
  name: nameField,
  labels: labelsField.optional(),
  type: z.enum(["uploaded", "managed"]).optional(),
  certificate: z.string().optional(),
  private_key: z.string().optional(),
  domain_names: z
    .array(
      z.string().regex(domainForm, { message: "must be a domain name such as example.com or *.example.com" }),
    )
    // As many as Let's Encrypt takes in one certificate.
    .max(100)
    .optional(),
});

const options: OwnedOptions<"certificate"> = {
  kind: "certificate",
  path: "/certificates",
  render: renderCertificate,
  list: {
    sort: sortByIdNameCreated,
    filters: { ...filterByName, type: (row, value) => row.type === value },
    allowed: { type: ["uploaded", "managed"] },
  },
  repeatable: true,
};

export const certificateWorks: readonly AnyWork[] = issueWorks;

export const certificateRoutes: readonly Route[] = [
  ...actionRoutes("/certificates", "certificate"),
  ...readRoutes(options),
  { method: "POST", path: "/certificates", handle: create },
  updateRoute(options, { schema: renameSchema, change: rename }),
  { method: "DELETE", path: "/certificates/:id", handle: remove },
  { method: "POST", path: "/certificates/:id/actions/retry", handle: retry },
];

const usersOf = (call: Call, id: number) =>
  listOwned(call, "load_balancer").filter((balancer) => certificatesOf(balancer).has(id));

function renderCertificate(call: Call, row: Certificate) {
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    type: row.type,
    certificate: row.certificate,
    created: row.created,
    not_valid_before: row.notValidBefore,
    not_valid_after: row.notValidAfter,
    domain_names: row.domainNames,
    fingerprint: row.fingerprint,
    status: row.status,
    used_by: usersOf(call, row.id).map(({ id }) => ({ id, type: "load_balancer" })),
  };
}

function create(call: Call): Reply {
  const body = readBody(call, schema);
  const managed = body.type === "managed";
  const facts = managed ? requested(body) : uploaded(body);
  requireUniqueName(call, "certificate", body.name);
  const row: Certificate = {
    ...newRow(call, call.store.nextId(), { name: body.name, labels: body.labels ?? {} }),
    type: managed ? "managed" : "uploaded",
    ...facts,
  };
  call.store.put("certificate", row);
  const resources = [ref("certificate", row.id)];
  const action = managed ? call.begin(createCertificate, { certificate: row.id }, { resources }) : null;
  return created({
    certificate: renderCertificate(call, row),
    action: action === null ? null : renderAction(action),
  });
}

type Facts = Omit<Certificate, "id" | "project" | "name" | "labels" | "created" | "type">;

function uploaded(body: z.output<typeof schema>): Facts {
  const { certificate, private_key: privateKey } = body;
  const required = (field: string) => invalidInput(field, "Missing data for required field.");
  if (!certificate) throw required("certificate");
  if (!privateKey) throw required("private_key");
  return { ...readCertificate(certificate, privateKey), certificate, privateKey, status: null };
}

function requested(body: z.output<typeof schema>): Facts {
  const domainNames = [...new Set((body.domain_names ?? []).map((name) => name.toLowerCase()))];
  if (domainNames.length === 0) throw invalidInput("domain_names", "Missing data for required field.");
  return {
    domainNames,
    certificate: null,
    privateKey: null,
    fingerprint: null,
    notValidBefore: null,
    notValidAfter: null,
    status: { issuance: "pending", renewal: "unavailable", error: null },
  };
}

function remove(call: Call): Reply {
  const row = ownedByPath(call, "certificate");
  requireFree(call.store, ref("certificate", row.id));
  if (usersOf(call, row.id).length > 0) {
    throw new ApiError("resource_in_use", `certificate with ID ${row.id} is still in use`);
  }
  call.store.remove("certificate", row.id);
  return noContent();
}

function retry(call: Call): Reply {
  const row = ownedByPath(call, "certificate");
  requireFree(call.store, ref("certificate", row.id));
  // The message to the letter: HC-E1.
  if (!isRetryable(row)) throw new ApiError("unsupported_error", "certificate not retryable");
  call.store.put("certificate", { ...row, status: pendingStatus(row) });
  return actionReply(
    startAction(call, issueCertificate, { certificate: row.id }, [ref("certificate", row.id)]),
  );
}
