// `change_dns_ptr` of servers, load balancers, floating and primary IPs (HC-S20). The name belongs to the
// address, so that of a server is kept with its primary IP.
import { z } from "zod";
import { defineWork, gone } from "../../actions/work";
import { defaultDnsPtr, inNetwork6 } from "../../addresses/ip";
import { firstHost6 } from "../../settings/names";
import type { DnsPtr, FloatingIp, LoadBalancer, PrimaryIp } from "../../state/rows";
import { actionReply } from "../calls/actionRoutes";
import { type Call, humanName, ownedByPath, type Route, readBody, ref, startAction } from "../calls/call";
import { invalidInput } from "../calls/errors";
import { addressField } from "../calls/fields";

const hostName =
  /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

const schema = z.object({
  ip: addressField,
  dns_ptr: z.string().regex(hostName, { message: "must be a host name" }).nullish(),
});

type Addressed = Pick<FloatingIp | PrimaryIp, "type" | "ip" | "dnsPtr">;

interface DnsPtrArgs {
  readonly kind: "floating_ip" | "primary_ip" | "load_balancer";
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
    if (row === undefined) throw gone("the address", ip);
    const { [ip]: _old, ...others } = row.dnsPtr;
    const dnsPtr: DnsPtr = name === null ? others : { ...others, [ip]: name };
    // All these kinds have names; the store cannot see that a key and its row belong together.
    store.put(kind as "floating_ip", { ...(row as FloatingIp), dnsPtr });
  },
});

/** An IPv4 address always has a name; an IPv6 network lists those that were set. */
export function dnsPtrsOf({ type, ip, dnsPtr }: Addressed): { ip: string; dns_ptr: string }[] {
  if (type === "ipv4") return [{ ip, dns_ptr: dnsPtr[ip] ?? defaultDnsPtr(ip) }];
  return Object.entries(dnsPtr).map(([address, name]) => ({ ip: address, dns_ptr: name }));
}

const holds = (row: Addressed, address: string) =>
  row.type === "ipv4" ? row.ip === address : inNetwork6(address, row.ip);

type Owner = "server" | "floating_ip" | "primary_ip" | "load_balancer";

/** What holds the name of an address of this owner. */
function holderOf(call: Call, kind: Owner, address: string): Pick<DnsPtrArgs, "kind" | "id"> | null {
  const owner = ownedByPath(call, kind);
  if (kind === "load_balancer") {
    const given = call.store
      .list("primary_ip")
      .find((row) => row.assignee === owner.id && holds(row, address));
    if (given !== undefined) return { kind: "primary_ip", id: given.id };
    const { ipv4, ipv6 } = owner as LoadBalancer;
    return address === ipv4 || address === firstHost6(ipv6) ? { kind, id: owner.id } : null;
  }
  const candidates =
    kind === "server"
      ? call.store.list("primary_ip").filter(({ assignee }) => assignee === owner.id)
      : [owner as FloatingIp | PrimaryIp];
  const row = candidates.find((candidate) => holds(candidate, address));
  return row === undefined ? null : { kind: kind === "server" ? "primary_ip" : kind, id: row.id };
}

/** The route of one kind of owner; a server finds its address among its primary IPs. */
export function dnsPtrRoute(path: string, kind: Owner): Route {
  return {
    method: "POST",
    path: `${path}/:id/actions/change_dns_ptr`,
    handle: (call) => {
      const owner = ownedByPath(call, kind);
      const body = readBody(call, schema);
      const holder = holderOf(call, kind, body.ip);
      if (holder === null) {
        throw invalidInput("ip", `${body.ip} is no address of this ${humanName(kind)}`);
      }
      const args = { ...holder, ip: body.ip, name: body.dns_ptr ?? null };
      return actionReply(startAction(call, changeDnsPtr, args, [ref(kind, owner.id)]));
    },
  };
}
