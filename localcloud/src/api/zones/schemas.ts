// Bodies of the zone requests.
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { recordTypes } from "../../dns/recordData";
import type { PrimaryNameserver, ZoneRecord } from "../../state/rows";
import { addressField, labelsField } from "../calls/fields";
import { zoneNameProblem } from "./zoneNames";

/** Most records that one request carries (`maxItems` of the description). */
const recordsPerRequest = 50;

export const defaultTtl = 3600;
const ttlField = z.int().min(60).max(2_147_483_647);
const zoneNameField = z.string().superRefine((name, context) => {
  const problem = zoneNameProblem(name);
  if (problem !== null) context.addIssue({ code: "custom", message: problem, input: name });
});

/** A comment goes into exported zone files, so it is one line. */
const commentField = z
  .string()
  .refine((text) => !/\p{Cc}/u.test(text), { message: "must not contain control characters" });

const recordField = z
  .object({ value: z.string(), comment: commentField.optional() })
  .transform(({ value, comment }): ZoneRecord => ({ value, comment: comment || null }));

const recordsField = z.array(recordField).min(1).max(recordsPerRequest);

const recordSetField = z.object({
  name: z.string(),
  type: z.enum(recordTypes),
  ttl: ttlField.nullish(),
  records: recordsField,
  labels: labelsField.optional(),
});

/** Ranges that no transfer over the internet reaches. */
const unreachable = new Set([
  "unspecified",
  "broadcast",
  "multicast",
  "linkLocal",
  "loopback",
  "private",
  "uniqueLocal",
  "carrierGradeNat",
]);

const isPublicAddress = (text: string) => !unreachable.has(ipaddr.process(text).range());

const nameserverField = z
  .object({
    address: addressField.refine(isPublicAddress, { message: "must be a public IPv4 or IPv6 address" }),
    port: z.int().min(1).max(65_535).optional(),
    tsig_key: z.base64().min(1).optional(),
    tsig_algorithm: z.enum(["hmac-md5", "hmac-sha1", "hmac-sha256"]).optional(),
  })
  .refine(({ tsig_key, tsig_algorithm }) => (tsig_key === undefined) === (tsig_algorithm === undefined), {
    message: "tsig_key and tsig_algorithm belong together",
  })
  .transform(
    ({ address, port, tsig_key, tsig_algorithm }): PrimaryNameserver => ({
      address,
      port: port ?? 53,
      tsigKey: tsig_key ?? null,
      tsigAlgorithm: tsig_algorithm ?? null,
    }),
  );

const nameserversField = z
  .array(nameserverField)
  .refine((servers) => new Set(servers.map((one) => `${one.address} ${one.port}`)).size === servers.length, {
    message: "must be distinct",
  });

/** What does not belong to the mode is read, but has no effect, as the description says. */
export const createZoneSchema = z.object({
  name: zoneNameField,
  mode: z.enum(["primary", "secondary"]),
  ttl: ttlField.optional(),
  labels: labelsField.optional(),
  rrsets: z.array(recordSetField).optional(),
  zonefile: z.string().optional(),
  primary_nameservers: nameserversField.optional(),
});

export const zoneTtlSchema = z.object({ ttl: ttlField });
export const zonefileSchema = z.object({ zonefile: z.string() });
export const nameserversSchema = z.object({ primary_nameservers: nameserversField.min(1) });

export const createRecordSetSchema = recordSetField;
export const recordSetTtlSchema = z.object({ ttl: ttlField.nullable() });
export const recordSetProtectionSchema = z.object({ change: z.boolean() });
export const recordSetLabelsSchema = z.object({ labels: labelsField.optional() });
export const setRecordsSchema = z.object({ records: recordsField });
export const addRecordsSchema = z.object({ records: recordsField, ttl: ttlField.nullish() });
export const removeRecordsSchema = z.object({ records: recordsField });
export const updateRecordsSchema = z.object({
  records: z
    .array(
      z
        .object({ value: z.string(), comment: commentField })
        .transform(({ value, comment }): ZoneRecord => ({ value, comment: comment || null })),
    )
    .min(1)
    .max(recordsPerRequest),
});
