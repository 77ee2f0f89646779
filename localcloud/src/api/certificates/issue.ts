// Managed certificates: issued, tried again and renewed by actions. The cloud's own authority signs them in place
// of Let's Encrypt. Hetzner proves the domains through its own name servers, so each must lie in a primary zone
// of this cloud; whether the rest of the world asks these name servers is not looked at.

import {
  ActionFailure,
  type AnyWork,
  defineWork,
  type Failure,
  gone,
  type Outcome,
} from "../../actions/work";
import type { Certificate, CertificateStatus } from "../../state/rows";
import type { Store } from "../../state/store";
import { type Call, ref } from "../calls/call";
import { factsOfPem } from "./parse";

interface IssueArgs {
  readonly certificate: number;
}

function certificateOf(store: Store, id: number): Certificate {
  const row = store.get("certificate", id);
  if (row === undefined) throw gone("certificate", id);
  return row;
}

function requireZone(store: Store, domain: string) {
  const zone = store.list("zone").find(({ name }) => domain === name || domain.endsWith(`.${name}`));
  if (zone === undefined) {
    throw new ActionFailure("dns_zone_not_found", `no DNS zone of this cloud holds ${domain}`);
  }
  if (zone.mode === "secondary") {
    throw new ActionFailure("dns_zone_is_secondary_zone", `DNS zone ${zone.name} is a secondary zone`);
  }
}

/** Both halves of the status move on their own: what fails is the renewal once there was an issuance. */
function failedStatus(row: Certificate, error: Failure): CertificateStatus {
  return row.certificate === null
    ? { issuance: "failed", renewal: "unavailable", error }
    : { issuance: "completed", renewal: "failed", error };
}

const issuedStatus: CertificateStatus = { issuance: "completed", renewal: "unavailable", error: null };

function issueWork(command: string) {
  return defineWork<IssueArgs>({
    name: command,
    command,
    // Load balancers that use it serve the new one.
    network: true,
    steps: (store, { certificate }) => [
      { do: "issueCertificate", domainNames: certificateOf(store, certificate).domainNames },
    ],
    effect: (store, args, { issued }: Outcome) => {
      const row = certificateOf(store, args.certificate);
      for (const domain of row.domainNames) requireZone(store, domain);
      if (issued === undefined) return;
      const { notValidBefore, notValidAfter, fingerprint } = factsOfPem(issued.certificate);
      const facts = { notValidBefore, notValidAfter, fingerprint };
      store.put("certificate", { ...row, ...issued, ...facts, status: issuedStatus });
    },
    failed: (store, { certificate }, failure) => {
      const row = store.get("certificate", certificate);
      if (row !== undefined) store.put("certificate", { ...row, status: failedStatus(row, failure) });
    },
  });
}

export const createCertificate = issueWork("create_certificate");
export const issueCertificate = issueWork("issue_certificate");

export const issueWorks: readonly AnyWork[] = [createCertificate, issueCertificate];

/** A managed certificate that could not be issued or renewed. */
export function isRetryable({ status }: Certificate): boolean {
  return status !== null && (status.issuance === "failed" || status.renewal === "failed");
}

/** The status while it is tried again. */
export function pendingStatus({ certificate }: Certificate): CertificateStatus {
  return certificate === null
    ? { issuance: "pending", renewal: "unavailable", error: null }
    : { issuance: "completed", renewal: "pending", error: null };
}

/** As early before the end as Let's Encrypt's clients do. */
const renewalMs = 30 * 24 * 60 * 60 * 1000;

/** Managed certificates that end soon. One whose renewal failed waits for `retry`. */
export function certificatesToRenew(store: Store, now: number): Certificate[] {
  return store.list("certificate").filter(({ notValidAfter, status }) => {
    const renewable = status?.renewal === "unavailable" || status?.renewal === "scheduled";
    return renewable && notValidAfter !== null && Date.parse(notValidAfter) - now < renewalMs;
  });
}

export function beginRenewal(call: Call, row: Certificate) {
  call.store.put("certificate", { ...row, status: pendingStatus(row) });
  call.begin(issueCertificate, { certificate: row.id }, { resources: [ref("certificate", row.id)] });
}
