import type { CloudClient, CloudClients } from "../../../scripts/cloudClient";
import { inWords, type LostCreate, settleCreate } from "../../../scripts/settleCreate";

/** A cloud that answers from a table and notes what it was asked to change. */
export function cloud(answers: Readonly<Record<string, unknown>>): {
  client: CloudClients;
  changes: string[];
} {
  const changes: string[] = [];
  const clientOf =
    (host: string): CloudClient =>
    async (method, path, body) => {
      if (method !== "GET")
        changes.push(`${method} ${host}${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`);
      if (/^(\/storage_boxes)?\/actions\//.test(path)) return { action: { status: "success", error: null } };
      return answers[`${method} ${host}${path}`];
    };
  return { client: { cloud: clientOf(""), hetzner: clientOf("hetzner") }, changes };
}

export const create = (type: string, inputs: Record<string, unknown>) => ({
  urn: "urn:pulumi:prod::p::t::n",
  type,
  inputs,
});

/** Settles with a state that holds the listed ids of collections, and inputs of relations. */
export const settle = async (
  create: LostCreate,
  clouds: CloudClients,
  { ids = [], inputs = [] }: { ids?: readonly string[]; inputs?: readonly Record<string, unknown>[] } = {},
) =>
  inWords(
    await settleCreate(create, {
      clouds,
      isHeld: (_collection, id) => ids.includes(id),
      heldInputs: () => inputs,
      since: new Date("2026-11-29T12:00:00Z"),
    }),
  );

export const labels = { environment: "prod", "managed-by": "pulumi" };
