// Zone files in BIND form: what a client imports, and what it gets as an export.
import { isQuoted, type Line, MasterFileError, octetsOf, quote, readLines } from "../../dns/masterFile";
import { isRecordType, type RecordType } from "../../dns/recordData";
import type { RecordSet, Zone, ZoneRecord } from "../../state/rows";
import { ApiError, invalidInput } from "../calls/errors";
import { type NewSet, requireNewSet } from "./changes";

/** `$ORIGIN`, `$TTL`, then a paragraph for each record set; a TTL stands only where the set has its own. */
export function exportZoneFile({ name, ttl, recordSets }: Zone): string {
  const head = `$ORIGIN\t${name}.\n$TTL\t${ttl}\n`;
  return [head, ...recordSets.map(paragraph)].join("\n");
}

function paragraph({ name, type, ttl, records }: RecordSet): string {
  const lines = records.map(({ value, comment }) => {
    const fields = [name, "IN", ...(ttl === null ? [] : [String(ttl)]), type, value];
    return `${fields.join("\t")}${comment === null ? "" : ` ; ${comment}`}\n`;
  });
  return lines.join("");
}

export interface ImportedZone {
  /** Of `$TTL`; null without one. */
  readonly ttl: number | null;
  readonly sets: readonly NewSet[];
}

interface Entry {
  readonly name: string;
  readonly type: RecordType;
  readonly ttl: number | null;
  readonly record: ZoneRecord;
}

/**
 * Reads a zone file. Only `$ORIGIN` (the zone itself) and `$TTL` are taken: `$INCLUDE` would read files, and
 * `$GENERATE` is BIND's alone.
 *
 * @throws invalid_input on `zonefile`, with the line
 */
export function importZoneFile(text: string, zone: string): ImportedZone {
  try {
    const [ttl, entries] = readEntries(readLines(text), zone);
    const sets = setsOf(entries);
    for (const set of sets) requireNewSet({ name: zone, recordSets: [] }, set, `${set.name}/${set.type} `);
    return { ttl, sets };
  } catch (error) {
    if (error instanceof MasterFileError) throw invalidInput("zonefile", error.message);
    if (error instanceof ApiError) throw invalidInput("zonefile", error.message);
    throw error;
  }
}

function readEntries(lines: readonly Line[], zone: string): [number | null, Entry[]] {
  let defaultTtl: number | null = null;
  let owner: string | null = null;
  const entries: Entry[] = [];
  for (const line of lines) {
    const [first = "", argument = "", ...more] = line.words;
    if (first.startsWith("$")) {
      if (more.length > 0 || argument === "") throw problem(line, `${first} takes one argument`);
      if (first === "$ORIGIN") requireOrigin(line, argument, zone);
      else if (first === "$TTL") defaultTtl = readTtl(argument) ?? fail(line, `'${argument}' is no TTL`);
      else throw problem(line, `${first} is not supported`);
      continue;
    }
    const words = line.indented ? line.words : line.words.slice(1);
    owner = line.indented ? owner : relativeName(first, zone);
    if (owner === null) throw problem(line, "has no name");
    entries.push(readEntry(line, owner, words));
  }
  return [defaultTtl, entries];
}

function requireOrigin(line: Line, origin: string, zone: string) {
  if (origin.toLowerCase() === `${zone}.`) return;
  throw problem(line, `$ORIGIN must be '${zone}.', got '${origin}'`);
}

/** `[TTL] [class] type data`, where TTL and class stand in any order. */
function readEntry(line: Line, name: string, words: readonly string[]): Entry {
  let [ttl, rest]: [number | null, readonly string[]] = [null, words];
  for (let field = 0; field < 2; field++) {
    const [word = ""] = rest;
    if (/^(CH|HS|CS)$/i.test(word)) throw problem(line, `class ${word} is not supported: only IN is`);
    const read = readTtl(word);
    if (read !== null) ttl = read;
    else if (!/^IN$/i.test(word)) break;
    rest = rest.slice(1);
  }
  const [typeWord = "", ...data] = rest;
  const type = typeWord.toUpperCase();
  if (!isRecordType(type)) throw problem(line, `type '${typeWord}' is not supported`);
  return { name, type, ttl, record: { value: dataOf(line, type, data), comment: line.comment } };
}

function dataOf(line: Line, type: RecordType, words: readonly string[]): string {
  if (words.length === 0) throw problem(line, `${type} record without data`);
  // BIND takes strings without quotes and times with units; the API takes neither.
  if (type === "TXT") return words.map(asString).join(" ");
  if (type === "SOA")
    return words.map((word, index) => String(index < 3 ? word : (readTtl(word) ?? word))).join(" ");
  return words.join(" ");
}

const asString = (word: string) => {
  const octets = isQuoted(word) ? null : octetsOf(word);
  return octets === null ? word : quote(octets);
};

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of `3600`, `1h` or `1h30m`; null for another word. */
function readTtl(word: string): number | null {
  if (!/^([0-9]{1,10}[smhdw]?)+$/i.test(word) || !/^[0-9]/.test(word)) return null;
  let seconds = 0;
  for (const [, count = "", unit = "s"] of word.toLowerCase().matchAll(/([0-9]+)([smhdw]?)/g)) {
    seconds += Number(count) * (units[unit || "s"] ?? 1);
  }
  return seconds;
}

/** Name of a record set: `@`, or what stands before the zone. */
function relativeName(word: string, zone: string): string {
  const name = word.toLowerCase();
  if (name === "@" || name === `${zone}.`) return "@";
  return name.endsWith(`.${zone}.`) ? name.slice(0, -zone.length - 2) : name;
}

function setsOf(entries: readonly Entry[]): NewSet[] {
  const sets = new Map<string, NewSet>();
  for (const { name, type, ttl, record } of entries) {
    const key = `${name}/${type}`;
    const set = sets.get(key);
    if (set === undefined) {
      sets.set(key, { name, type, ttl: checkedTtl(key, ttl), labels: {}, records: [record] });
      continue;
    }
    if (set.ttl !== ttl) throw new MasterFileError(`records of ${key} have different TTLs`);
    // The same line twice is one record, as name servers read it.
    if (set.records.some(({ value }) => value === record.value)) continue;
    sets.set(key, { ...set, records: [...set.records, record] });
  }
  return [...sets.values()];
}

function checkedTtl(what: string, ttl: number | null): number | null {
  requireTtl(what, ttl);
  return ttl;
}

/** Limits of a TTL as everywhere in the API. */
export function requireTtl(what: string, ttl: number | null) {
  if (ttl === null || (ttl >= 60 && ttl <= 2_147_483_647)) return;
  throw new MasterFileError(`TTL of ${what} must be from 60 to 2147483647, got ${ttl}`);
}

const problem = (line: Line, message: string) => new MasterFileError(`line ${line.number}: ${message}`);

function fail(line: Line, message: string): never {
  throw problem(line, message);
}
