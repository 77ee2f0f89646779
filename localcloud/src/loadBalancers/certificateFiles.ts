// Pure: the files of a load balancer's certificates. A file's name tells its content, so that the proxy that
// still runs keeps what it has read while the next one gets new files.
import { createHash } from "node:crypto";
import type { LoadBalancerSpec } from "../host/contract";

export interface CertificateFile {
  readonly name: string;
  readonly content: string;
}

export const listName = (listenPort: number) => `${listenPort}.list`;

/**
 * Certificates with their keys, and one list for each service that terminates TLS; the first of a list answers
 * visitors that name no host.
 *
 * @param folder where the files will be
 */
export function certificateFiles(spec: LoadBalancerSpec, folder: string): CertificateFile[] {
  const certificates = new Map(
    spec.certificates.map(({ id, certificate, privateKey }) => {
      const content = [certificate, privateKey].map((pem) => `${pem.trim()}\n`).join("");
      const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
      return [id, { name: `${id}-${digest}.pem`, content }];
    }),
  );
  const lists = spec.services.flatMap(({ listenPort, protocol, http }) => {
    if (protocol !== "https" || http === null || http.certificates.length === 0) return [];
    const names = http.certificates.flatMap((id) => certificates.get(id)?.name ?? []);
    return [{ name: listName(listenPort), content: names.map((name) => `${folder}/${name}\n`).join("") }];
  });
  return [...certificates.values(), ...lists];
}
