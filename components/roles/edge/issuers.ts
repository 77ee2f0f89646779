import type { DnsSettings } from "../../settings/dns";
import type { AcmeSettings } from "./acmeSettings";

/** How Let's Encrypt calls itself in CAA records, for production and staging. */
export const letsEncrypt = "letsencrypt.org";

/** Whether an ACME directory is one of Let's Encrypt's. */
export function isLetsEncrypt(directory: string): boolean {
  return new URL(directory).hostname.endsWith(`.${letsEncrypt}`);
}

/** Who may issue certificates by the CAA records; empty: there are none. @param acme undefined: nobody is asked by ACME */
export function issuersOf(
  { caa }: Pick<DnsSettings, "caa">,
  acme: Pick<AcmeSettings, "directory"> | undefined,
): readonly string[] {
  return caa ?? (acme !== undefined && isLetsEncrypt(acme.directory) ? [letsEncrypt] : []);
}
