// What holds for the record sets of a zone, one by one and together.
import { assignedNameservers } from "../../dns/authority";
import { recordSetNameProblem } from "../../dns/domainNames";
import { canonicalData, RecordDataError, type RecordType } from "../../dns/recordData";
import type { RecordSet, Zone, ZoneRecord } from "../../state/rows";
import { invalidFields, invalidInput } from "../calls/errors";

/** Hetzner's words for a record that is there already. */
export const duplicate = "duplicate value";

export type Contents = Pick<Zone, "name" | "recordSets">;

/** Types of which a name has one record. */
const single: ReadonlySet<RecordType> = new Set(["CNAME", "SOA"]);

/** @throws invalid_input for a name that no record set of this zone has. */
export function requireRecordSetName(name: string, zone: string, field: string) {
  const problem = recordSetNameProblem(name, zone);
  if (problem !== null) throw invalidInput(field, problem);
}

/** The data of a record in its one form, by which two values are the same record. */
export const sameAs = (zone: Contents, type: RecordType) => (value: string) =>
  canonicalData(type, value, zone.name);

/**
 * Refuses values that are not of the type, and one record twice.
 *
 * @param field path of the records in the body: `rrsets.0.records`
 */
export function requireRecords(
  zone: Contents,
  type: RecordType,
  records: readonly ZoneRecord[],
  field = "records",
) {
  const seen = new Set<string>();
  const problems = records.flatMap(({ value }, index) => {
    const name = `${field}.${index}.value`;
    try {
      const data = canonicalData(type, value, zone.name);
      if (seen.has(data)) return [{ name, messages: [duplicate] }];
      seen.add(data);
      return [];
    } catch (error) {
      if (error instanceof RecordDataError) return [{ name, messages: [`${type} record: ${error.message}`] }];
      throw error;
    }
  });
  if (problems.length > 0) throw invalidFields(problems);
  if (single.has(type) && records.length > 1) {
    throw invalidInput(field, `there is one ${type} record at a name`);
  }
}

/** Refuses record sets that cannot stand beside each other (RFC 1034, section 3.6.2) or lack what every zone has. */
export function requireConsistent(zone: Contents, field: string) {
  const aliases = new Set(zone.recordSets.filter(({ type }) => type === "CNAME").map(({ name }) => name));
  const beside = zone.recordSets.find(({ name, type }) => type !== "CNAME" && aliases.has(name));
  if (beside !== undefined) {
    throw invalidInput(field, `'${beside.name}' has a CNAME record, so it can have no ${beside.type} record`);
  }
  const [soa, ...more] = zone.recordSets.filter(({ type }) => type === "SOA");
  if (soa?.name !== "@" || more.length > 0) {
    throw invalidInput(field, "a zone has one SOA record, at '@'");
  }
  requireAssigned(zone, field);
}

function requireAssigned(zone: Contents, field: string) {
  const servers = findSet(zone, "@", "NS")?.records.map(({ value }) => sameAs(zone, "NS")(value)) ?? [];
  const missing = assignedNameservers.find((name) => !servers.includes(name));
  if (missing !== undefined) {
    throw invalidInput(field, `the NS records at '@' must name the assigned name server ${missing}`);
  }
}

export function findSet(zone: Contents, name: string, type: string): RecordSet | undefined {
  return zone.recordSets.find((set) => set.name === name && set.type === type);
}
