import { tierFiles } from "../../setup/tiers/paths";

/** Where Traefik's container sees the certificates of its machine. */
export const traefikTiers = "/etc/traefik/tiers";

const inside = (path: string) => path.replace(tierFiles.folder, traefikTiers);

/**
 * Traefik's dynamic configuration where requests come over TLS: it shows the machine's certificate under every name,
 * and answers nobody who shows none of a machine that may ask. Key and certificate lie in one file, so that a renewal
 * is one rename.
 */
export const tierTls = {
  stores: {
    default: { defaultCertificate: { certFile: inside(tierFiles.own), keyFile: inside(tierFiles.own) } },
  },
  options: {
    default: {
      minVersion: "VersionTLS13",
      // A proxy of the platform sends one request at a time on each of its connections.
      alpnProtocols: ["http/1.1"],
      clientAuth: { caFiles: [inside(tierFiles.clients)], clientAuthType: "RequireAndVerifyClientCert" },
    },
  },
};
