// Zone files for the name server. Only what `canonicalData` wrote stands in them, so no client can place a
// directive, a comment or a second record.

import { labelProblem, ownerName, recordSetNameProblem } from "../dns/domainNames";
import { canonicalData, RecordDataError } from "../dns/recordData";
import type { RecordSpec } from "../host/contract";

/** A file of the name server: one record on each line, names absolute, the SOA record first. */
export function zoneText(zone: string, records: readonly RecordSpec[]): string {
  const problem = labelProblem(zone.split("."), false);
  if (problem !== null) throw new RecordDataError(`zone ${JSON.stringify(zone)} ${problem}`);
  const lines = records.map(({ name, type, ttl, value }) => {
    const wrong = recordSetNameProblem(name, zone);
    if (wrong !== null) throw new RecordDataError(`name ${JSON.stringify(name)} ${wrong}`);
    const data = canonicalData(type, value, zone);
    return `${ownerName(name, zone)} ${ttl} IN ${type} ${data}\n`;
  });
  const isSoa = (line: string) => / [0-9]+ IN SOA /.test(line);
  return [...lines.filter(isSoa), ...lines.filter((line) => !isSoa(line))].join("");
}
