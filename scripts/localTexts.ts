// What `npm run local` says at its end.
import type { Served } from "./localCertificate";

export interface Reached {
  readonly url: string;
  readonly address: string;
  readonly served: Served;
  /** File with the roots of the local cloud's ACME server. */
  readonly roots: string;
}

/** curl that reaches it from this machine, which has no name for it. */
export function curlFor({ url, address, served, roots }: Reached): string {
  if (served === "none") return "curl -s";
  const { hostname } = new URL(url);
  const trust = served === "issued" ? `--cacert ${roots}` : "--insecure";
  return `curl -s ${trust} --resolve ${hostname}:443:${address}`;
}

/** Where the platform answers, and how to believe it. */
export function reachedText(reached: Reached): string {
  const { url, address, served, roots } = reached;
  const answers = `The platform answers at ${url}`;
  if (served === "none") return answers;
  const { hostname } = new URL(url);
  const whose =
    served === "issued"
      ? `Its certificate is from an ACME server that exists on this machine alone. Whom to trust is in
  ${roots}
In a browser here: add "${address} ${hostname}" to /etc/hosts and that file to the authorities of a browser profile of its
own, because everybody on this machine can sign with it. From another computer: ssh -L 8443:${address}:443 to here, "127.0.0.1
${hostname}" in its /etc/hosts, ${url}:8443.`
      : `It serves the certificate of the stack's configuration. In a browser here: add "${address} ${hostname}" to /etc/hosts.`;
  return `${answers}, which is ${address} here.\n\n${whose}`;
}
