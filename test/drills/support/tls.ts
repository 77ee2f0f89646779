// What testssl.sh says of a listener.
import { auditFrom } from "./auditors";

export interface TlsFinding {
  /** By testssl's name of the test: `cipherlist_OBSOLETED`. */
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** Anything else is good, or no judgement. */
const bad = ["LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL"];

/** @throws when testssl came to no end */
export function findingsIn(report: string): readonly TlsFinding[] {
  const begin = report.indexOf("[");
  const all = (begin < 0 ? [] : JSON.parse(report.slice(begin))) as TlsFinding[];
  const ciphers = all.filter(({ id }) => id.startsWith("cipherlist_"));
  if (ciphers.length === 0) throw new Error(`testssl came to no end:\n${report.slice(-2000)}`);
  return all.filter(({ severity }) => bad.includes(severity));
}

/**
 * Everything that testssl.sh finds fault with.
 *
 * @param name as the certificate has it @param trusted PEM of whom the certificate is from
 */
export async function testssl(
  name: string,
  address: string,
  trusted: string,
): Promise<readonly TlsFinding[]> {
  const command = `cat >/tmp/trusted.pem <<'END'
${trusted}
END
testssl --quiet --color 0 --warnings batch --nodns none --add-ca /tmp/trusted.pem --ip ${address} --jsonfile /tmp/found.json ${name}:443 >/tmp/said 2>&1
cat /tmp/found.json || cat /tmp/said`;
  const { stdout } = await auditFrom("internet", command, 900);
  return findingsIn(stdout);
}
