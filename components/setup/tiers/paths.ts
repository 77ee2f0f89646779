const folder = "/etc/platform/tiers";

/** Where programs find what they speak with other machines by. */
export const tierFiles = {
  folder,
  /** Certificate, issuer and private key of this machine in one text: renewed on the machine, by one rename. */
  own: `${folder}/own.pem`,
  /** Authorities of the machines that may ask this one. */
  clients: `${folder}/clients.pem`,
  /** Authorities of the machines that this one asks. */
  servers: `${folder}/servers.pem`,
  /** The authority of one machine that this one asks. */
  authority: (hostname: string) => `${folder}/machines/${hostname}.pem`,
} as const;

/** Without an argument: renews and has the programs take it. `issue`: sees to it that there is a certificate. */
export const renewPath = "/usr/local/lib/platform-tiers/renew";

/** What runs before a proxy's new configuration is judged: it names a certificate, and the first start has none. */
export const issueFirst = `${renewPath} issue && `;

/** What a program reads besides its certificate, which the machine's own timer has it take. */
export const trustPaths: readonly string[] = [tierFiles.clients, tierFiles.servers];

/** Options of curl for a question to another machine, or to this one, by its host name. */
export const tierCurl = `--cacert ${tierFiles.servers} --cert ${tierFiles.own}`;
