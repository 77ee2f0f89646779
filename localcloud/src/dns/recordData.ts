// What the data of each type of record is, and the one form in which it goes into a zone file. Whatever a client
// sends is read into fields first and written anew from them, so nothing passes as it came.
import ipaddr from "ipaddr.js";
import { canonicalAddress } from "../addresses/ip";
import { absoluteName, DomainNameError } from "./domainNames";
import { isQuoted, MasterFileError, octetsOf, quote, readWords } from "./masterFile";
import { RecordDataError } from "./recordDataError";
import { serviceParameters } from "./serviceParameters";

export { RecordDataError } from "./recordDataError";

export const recordTypes = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "HINFO",
  "HTTPS",
  "MX",
  "NS",
  "PTR",
  "RP",
  "SOA",
  "SRV",
  "SVCB",
  "TLSA",
  "TXT",
] as const;

export type RecordType = (typeof recordTypes)[number];

export const isRecordType = (text: string): text is RecordType =>
  (recordTypes as readonly string[]).includes(text);

/** Reads one field, or all words that are left, and writes it canonically. */
type Field = (word: string, origin: string) => string;
type Rest = (words: readonly string[], fields: readonly string[]) => readonly string[];

interface Grammar {
  /** As a message shows it. */
  readonly form: string;
  readonly fields: readonly Field[];
  /** Reads what follows the fields. @default - nothing may follow */
  readonly rest?: Rest;
}

const integer =
  (what: string, maximum: number): Field =>
  (word) => {
    const value = /^[0-9]{1,10}$/.test(word) ? Number(word) : Number.POSITIVE_INFINITY;
    if (value <= maximum) return String(value);
    throw new RecordDataError(`${what} must be a number from 0 to ${maximum}, got '${word}'`);
  };
const octet = (what: string) => integer(what, 255);
const short = (what: string) => integer(what, 65_535);
const long = (what: string) => integer(what, 4_294_967_295);

const ipv4: Field = (word) => {
  if (ipaddr.IPv4.isValidFourPartDecimal(word) && !/(^|\.)0[0-9]/.test(word)) return word;
  throw new RecordDataError(`'${word}' is no IPv4 address`);
};

const ipv6: Field = (word) => {
  const address = word.includes(":") ? canonicalAddress(word) : null;
  if (address !== null) return address;
  throw new RecordDataError(`'${word}' is no IPv6 address`);
};

const domain: Field = absoluteName;

const characters: Field = (word) => {
  const octets = octetsOf(word);
  if (octets === null) throw new RecordDataError(`${word} has a wrong escape: write \\DDD up to 255`);
  if (octets.length > 255) {
    throw new RecordDataError("a character string has at most 255 octets: split it into several");
  }
  return quote(octets);
};

const tag: Field = (word) => {
  if (/^[A-Za-z0-9]{1,15}$/.test(word)) return word.toLowerCase();
  throw new RecordDataError(`tag '${word}' must be 1 to 15 letters and digits`);
};

/** Data of CAA properties may be longer than a character string. */
const propertyValue: Field = (word) => {
  const octets = octetsOf(word);
  if (octets === null || octets.length > 2048) throw new RecordDataError(`value ${word} is not valid`);
  return quote(octets);
};

/** Octets of a digest by its kind: SHA-1, SHA-256, SHA-384 (RFC 4509, RFC 6605). */
const dsOctets: Readonly<Record<string, number>> = { 1: 20, 2: 32, 4: 48 };
const tlsaOctets: Readonly<Record<string, number>> = { 1: 32, 2: 64 };

const hexadecimal =
  (lengths: Readonly<Record<string, number>>): Rest =>
  (words, fields) => {
    const text = words.join("").toLowerCase();
    if (!/^([0-9a-f]{2})+$/.test(text)) throw new RecordDataError("the digest must be hexadecimal octets");
    const wanted = lengths[fields[2] ?? ""];
    if (wanted !== undefined && text.length !== 2 * wanted) {
      throw new RecordDataError(`a digest of kind ${fields[2]} has ${wanted} octets, got ${text.length / 2}`);
    }
    return [text];
  };

const strings: Rest = (words) => {
  const open = words.find((word) => !isQuoted(word));
  if (open !== undefined || words.length === 0) {
    throw new RecordDataError("must be one or more strings in double quotes, of 255 octets at most each");
  }
  const written = words.map((word) => characters(word, ""));
  const octets = written.reduce((sum, text) => sum + 1 + (octetsOf(text)?.length ?? 0), 0);
  if (octets > 65_000) throw new RecordDataError(`a record has at most 65000 octets, got ${octets}`);
  return written;
};

const service: Grammar = {
  form: "priority target [key=value ...]",
  fields: [short("priority"), domain],
  rest: (words, [priority]) => {
    if (priority === "0" && words.length > 0) throw new RecordDataError("priority 0 takes no parameters");
    return serviceParameters(words);
  },
};

const grammars: Readonly<Record<RecordType, Grammar>> = {
  A: { form: "address", fields: [ipv4] },
  AAAA: { form: "address", fields: [ipv6] },
  CAA: { form: 'flags tag "value"', fields: [octet("flags"), tag, propertyValue] },
  CNAME: { form: "target", fields: [domain] },
  DS: {
    form: "key-tag algorithm digest-type digest",
    fields: [short("key tag"), octet("algorithm"), octet("digest type")],
    rest: hexadecimal(dsOctets),
  },
  HINFO: { form: '"processor" "system"', fields: [characters, characters] },
  HTTPS: service,
  MX: { form: "preference exchange", fields: [short("preference"), domain] },
  NS: { form: "name server", fields: [domain] },
  PTR: { form: "target", fields: [domain] },
  RP: { form: "mailbox text-name", fields: [domain, domain] },
  SOA: {
    form: "primary mailbox serial refresh retry expire minimum",
    fields: [
      domain,
      domain,
      long("serial"),
      ...["refresh", "retry", "expire", "minimum"].map((what) => integer(what, 2_147_483_647)),
    ],
  },
  SRV: {
    form: "priority weight port target",
    fields: [short("priority"), short("weight"), short("port"), domain],
  },
  SVCB: service,
  TLSA: {
    form: "usage selector matching-type data",
    fields: [octet("usage"), octet("selector"), octet("matching type")],
    rest: hexadecimal(tlsaOctets),
  },
  TXT: { form: '"text"', fields: [], rest: strings },
};

/**
 * The data of a record in its one form: absolute names in lower case, shortest addresses, quoted strings of
 * printable ASCII. Two values of equal form are the same record.
 *
 * @param origin the zone, to which names without final dot belong
 * @throws RecordDataError with what is wrong
 */
export function canonicalData(type: RecordType, value: string, origin: string): string {
  const { form, fields, rest } = grammars[type];
  try {
    const words = readWords(value);
    if (words.length < fields.length || (rest === undefined && words.length > fields.length)) {
      throw new RecordDataError(`must have the form: ${form}`);
    }
    const read = fields.map((field, index) => field(words[index] ?? "", origin));
    return [...read, ...(rest?.(words.slice(fields.length), read) ?? [])].join(" ");
  } catch (error) {
    if (error instanceof MasterFileError || error instanceof DomainNameError) {
      throw new RecordDataError(error.message);
    }
    throw error;
  }
}
