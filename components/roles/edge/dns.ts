import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { enginesHooks, programHook } from "../../machine/enginesHooks";
import { getFromApi, type HookApi, type KnownApi, knownApi } from "../../machine/hookApi";
import { type DnsSettings, nameInZone } from "../../settings/dns";
import type { AcmeSettings } from "./acmeSettings";
import { issuersOf } from "./issuers";

export interface DnsRecordsArgs {
  readonly dns: DnsSettings;
  /** Names that lead to the addresses; those outside of the zone are left to whoever has theirs. */
  readonly names: readonly string[];
  /** Where the names lead to. */
  readonly addresses: pulumi.Input<pulumi.Input<string>[]>;
  /** The same of IPv6. @default - IPv4 alone */
  readonly ipv6Addresses?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Where the certificate comes from. @default - not by ACME */
  readonly acme?: Pick<AcmeSettings, "directory"> | undefined;
  readonly labels: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
  /** Asked before a record is made. */
  readonly api: HookApi;
}

/** A record set of a zone, without its values. */
interface RecordKey {
  readonly zone: string;
  /** As the zone calls it: `www`, `@`. */
  readonly name: string;
  readonly type: "A" | "AAAA" | "CAA";
}

/**
 * Records of the platform's names: A and AAAA to its addresses, CAA for who may issue certificates. The zone is somebody's who
 * was there before, and is neither made nor deleted.
 *
 * @param name prefix of the records' names at Pulumi
 */
export function createDnsRecords(name: string, args: DnsRecordsArgs, parent?: pulumi.Resource): void {
  const { zone, ttlSeconds } = args.dns;
  const caa = issuersOf(args.dns, args.acme).map((issuer) => ({ value: `0 issue "${issuer}"` }));
  const hooks = refuseForeignRecords(name, args.api);
  for (const host of args.names) {
    const inZone = nameInZone(host, zone);
    if (inZone === undefined) continue;
    const make = (type: RecordKey["type"], records: hcloud.ZoneRrsetArgs["records"]) =>
      new hcloud.ZoneRrset(
        `${name}-${host}-${type.toLowerCase()}`,
        { zone, name: inZone, type, ttl: ttlSeconds, records, labels: args.labels },
        { ...(parent && { parent }), hooks, deleteBeforeReplace: true },
      );
    make("A", valuesOf(args.addresses));
    if (args.ipv6Addresses !== undefined) make("AAAA", valuesOf(args.ipv6Addresses));
    if (caa.length > 0) make("CAA", caa);
  }
}

function valuesOf(addresses: DnsRecordsArgs["addresses"]) {
  return pulumi.output(addresses).apply((all) => all.map((value) => ({ value })));
}

/**
 * Refuses, from the preview on, a record where there is one already, and any where there is no zone: Hetzner's own
 * words name no remedy. Only new records ask.
 */
function refuseForeignRecords(name: string, api: HookApi): pulumi.ResourceHookBinding {
  if (!enginesHooks()) return {};
  const access = knownApi(api);
  const zones = new Map<string, Promise<string | undefined>>();
  const check = async (key: RecordKey) => {
    const asked = zones.get(key.zone) ?? problemOf(access, `/zones/${key.zone}`, zoneProblem(key.zone));
    zones.set(key.zone, asked);
    const path = `/zones/${key.zone}/rrsets/${encodeURIComponent(key.name)}/${key.type}`;
    const problem = (await asked) ?? (await problemOf(access, path, recordProblem(key)));
    if (problem !== undefined) throw new Error(problem);
  };
  const hook = programHook(`${name}-foreign`, ({ newInputs }) => check(newInputs as unknown as RecordKey), {
    onDryRun: true,
  });
  return { beforeCreate: [hook] };
}

/** What is wrong by an answer of the API. @param body undefined: there is none */
type Judge = (body: unknown) => string | undefined;

function zoneProblem(zone: string): Judge {
  return (body) => {
    if (body === undefined) {
      return `dns.zone: there is no zone ${zone} in the project of this token, and the platform makes none; make it in the Cloud Console under DNS (or: hcloud zone create --name ${zone}) and let its registrar name Hetzner's name servers, or remove dns`;
    }
    const { mode } = (body as { readonly zone: { readonly mode: string } }).zone;
    return mode === "primary"
      ? undefined
      : `dns.zone: zone ${zone} is ${mode}: its records come from other name servers; set them there, and remove dns`;
  };
}

function recordProblem({ zone, name, type }: RecordKey): Judge {
  return (body) => {
    if (body === undefined) return undefined;
    const { rrset } = body as { readonly rrset: { readonly records: readonly { readonly value: string }[] } };
    const values = rrset.records.map(({ value }) => value).join(", ");
    return `dns.zone: zone ${zone} has a record ${name} ${type} already (${values}), which is not this stack's to change; delete it (hcloud zone rrset delete ${zone} ${name} ${type}) and run up again, or take the name out of the settings. Is it from an up that was killed: npm run repair`;
  };
}

async function problemOf(access: Promise<KnownApi>, path: string, judge: Judge): Promise<string | undefined> {
  try {
    const answer = await getFromApi(await access, path);
    if (answer.status !== 404 && !answer.ok) throw new Error(`status ${answer.status}`);
    return judge(answer.status === 404 ? undefined : await answer.json());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(`what is at ${path} is not known: ${why}`);
    return undefined;
  }
}
