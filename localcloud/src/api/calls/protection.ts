// `change_protection` with the single flag `delete`, as most kinds have it.
import { z } from "zod";
import { defineWork, type Work } from "../../actions/work";
import type { Network, Rows } from "../../state/rows";
import { actionReply } from "./actionRoutes";
import { ownedByPath, type Route, readBody, ref, startAction } from "./call";

type ProtectedKind =
  | "network"
  | "floating_ip"
  | "primary_ip"
  | "volume"
  | "image"
  | "storage_box"
  | "zone"
  | "load_balancer";

const optional = z.object({ delete: z.boolean().optional() });
/** Floating and primary IPs know no other flag, and demand this one. */
const required = z.object({ delete: z.boolean() });
const schemas: Partial<Record<ProtectedKind, typeof required>> = {
  floating_ip: required,
  primary_ip: required,
};

interface ProtectionArgs {
  readonly id: number;
  readonly protected: boolean;
}

/** @param check refuses a change before it begins */
export function protectionOf<K extends ProtectedKind>(
  path: string,
  kind: K,
  check: (row: Rows[K], wanted: boolean) => void = () => undefined,
) {
  const work: Work<ProtectionArgs> = defineWork<ProtectionArgs>({
    name: `change_protection/${kind}`,
    command: "change_protection",
    effect: (store, args) => {
      // All these kinds have the flag; the store cannot see that a key and its row belong together.
      const row = store.get(kind, args.id) as Network | undefined;
      if (row !== undefined) store.put(kind as "network", { ...row, protected: args.protected });
    },
  });
  const route: Route = {
    method: "POST",
    path: `${path}/:id/actions/change_protection`,
    handle: (call) => {
      const row = ownedByPath(call, kind);
      const body = readBody(call, schemas[kind] ?? optional);
      check(row, body.delete ?? false);
      const args = { id: row.id, protected: body.delete ?? row.protected };
      return actionReply(startAction(call, work, args, [ref(kind, row.id)]));
    },
  };
  return { work, route };
}
