// `change_dns_ptr` of servers, floating and primary IPs (HC-S20). The name belongs to the address, so that of a
// server is kept with its primary IP.
import { z } from "zod";
import type { DnsPtr, FloatingIp, PrimaryIp } from "../rows";
import { ActionFailure, defineWork } from "../work";
import { actionReply } from "./actionRoutes";
import { canonicalAddress, defaultDnsPtr, inNetwork6 } from "./addresses";
import { ownedByPath, type Route, readBody, ref, startAction } from "./call";
import { invalidInput } from "./errors";

const HOST_NAME =
  /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

const schema = z.object({
  ip: z.string(),
  dns_ptr: z.string().regex(HOST_NAME, { message: "must be a host name" }).nullish(),
});

type Addressed = Pick<FloatingIp | PrimaryIp, "type" | "ip" | "dnsPtr">;

interface DnsPtrArgs {
  readonly kind: "floating_ip" | "primary_ip";
  readonly id: number;
  readonly ip: string;
  readonly name: string | null;
}

export const changeDnsPtr = defineWork<DnsPtrArgs>({
  name: "change_dns_ptr",
  command: "change_dns_ptr",
  names: true,
  effect: (store, { kind, id, ip, name }) => {
    const row = store.get(kind, id);
    if (row === undefined) throw new ActionFailure("action_failed", `the address ${ip} no longer exists`);
    const { [ip]: _old, ...others } = row.dnsPtr;
    const dnsPtr: DnsPtr = name === null ? others : { ...others, [ip]: name };
    if (kind === "floating_ip") store.put(kind, { ...(row as FloatingIp), dnsPtr });
    else store.put(kind, { ...(row as PrimaryIp), dnsPtr });
  },
});

/** An IPv4 address always has a name; an IPv6 network lists those that were set. */
export function dnsPtrsOf({ type, ip, dnsPtr }: Addressed): { ip: string; dns_ptr: string }[] {
  if (type === "ipv4") return [{ ip, dns_ptr: dnsPtr[ip] ?? defaultDnsPtr(ip) }];
  return Object.entries(dnsPtr).map(([address, name]) => ({ ip: address, dns_ptr: name }));
}

const holds = (row: Addressed, address: string) =>
  row.type === "ipv4" ? row.ip === address : inNetwork6(address, row.ip);

/** The route of one kind of owner; a server finds its address among its primary IPs. */
export function dnsPtrRoute(path: string, kind: "server" | "floating_ip" | "primary_ip"): Route {
  return {
    method: "POST",
    path: `${path}/:id/actions/change_dns_ptr`,
    handle: (call) => {
      const owner = ownedByPath(call, kind);
      const body = readBody(call, schema);
      const address = canonicalAddress(body.ip);
      const kindOfAddress = kind === "server" ? "primary_ip" : kind;
      const candidates =
        kind === "server"
          ? call.store.list("primary_ip").filter(({ assignee }) => assignee === owner.id)
          : [owner as FloatingIp | PrimaryIp];
      const row = candidates.find((candidate) => address !== null && holds(candidate, address));
      if (row === undefined || address === null) {
        throw invalidInput("ip", `${body.ip} is no address of this ${kind.replace("_", " ")}`);
      }
      const args = { kind: kindOfAddress, id: row.id, ip: address, name: body.dns_ptr ?? null } as const;
      return actionReply(startAction(call, changeDnsPtr, args, [ref(kind, owner.id)]));
    },
  };
}
