// The machine that an image is made from: it exists while that is made.
import { randomBytes } from "node:crypto";
import { defaultImage } from "../../components/machine/context";
import { deployKey } from "../../components/machine/deployKey";
import { serverTypes } from "../../components/sizing/serverTypes";
import type { CloudClient } from "../cloudClient";
import { act, finished, idle } from "../cloudObjects";
import { bakeLabels, bakeTypes, selectorOf } from "./images";

export interface TemporaryServer {
  readonly id: number;
  readonly address: string;
  /** Opens it. Secret. */
  readonly privateKey: string;
}

export interface BakePlace {
  readonly environment: string;
  readonly location: string;
  /** Who may reach it. */
  readonly adminRanges: readonly string[];
}

interface Row {
  readonly id: number;
  readonly status?: string;
}

/** A stock server that only administrators reach, by a key of its own. */
export async function createServer(
  cloud: CloudClient,
  place: BakePlace,
  role: string,
): Promise<TemporaryServer> {
  const name = `${place.environment}-bake-${role}`;
  const labels = bakeLabels(place.environment, role);
  const { publicKey, privateKey } = deployKey(randomBytes(32).toString("base64"), name);
  const { ssh_key } = (await cloud("POST", "/ssh_keys", { name, labels, public_key: publicKey })) as {
    ssh_key: Row;
  };
  const ssh = { direction: "in", protocol: "tcp", port: "22", source_ips: place.adminRanges };
  const { firewall } = (await cloud("POST", "/firewalls", { name, labels, rules: [ssh] })) as {
    firewall: Row;
  };
  const { server, action } = await orderServer(cloud, place.location, {
    ...{ name, labels, image: defaultImage, location: place.location, ssh_keys: [ssh_key.id] },
    firewalls: [{ firewall: firewall.id }],
    public_net: { enable_ipv4: true, enable_ipv6: false },
  });
  await finished(cloud, action.id);
  return { id: server.id, address: server.public_net.ipv4.ip, privateKey };
}

interface OrderedServer {
  readonly server: Row & { readonly public_net: { readonly ipv4: { readonly ip: string } } };
  readonly action: Row;
}

/** Of the first type that can be delivered. @throws when none can */
async function orderServer(cloud: CloudClient, location: string, order: object): Promise<OrderedServer> {
  const refused: string[] = [];
  for (const { name } of bakeTypes(location, serverTypes)) {
    try {
      return (await cloud("POST", "/servers", { ...order, server_type: name })) as OrderedServer;
    } catch (error) {
      const text = String(error);
      if (!/resource_unavailable|placement_error|server type/.test(text)) throw error;
      refused.push(`${name}: ${text}`);
    }
  }
  throw new Error(
    `no server to bake on can be had in ${location} now, try again later:\n${refused.join("\n")}`,
  );
}

/** Switches it off and copies its disk. @returns number of the image */
export async function snapshotServer(
  cloud: CloudClient,
  { id }: TemporaryServer,
  labels: Readonly<Record<string, string>>,
  description: string,
): Promise<number> {
  await shutDown(cloud, id);
  const body = { type: "snapshot", description, labels };
  const { image, action } = (await cloud("POST", `/servers/${id}/actions/create_image`, body)) as {
    image: Row;
    action: Row;
  };
  await finished(cloud, action.id);
  return image.id;
}

/** As its own power button does; after a minute without. */
async function shutDown(cloud: CloudClient, id: number): Promise<void> {
  await act(cloud, `/servers/${id}/actions/shutdown`);
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const { server } = (await cloud("GET", `/servers/${id}`)) as { server: Row };
    if (server.status === "off") return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await act(cloud, `/servers/${id}/actions/poweroff`);
}

/**
 * Removes what bakes have made besides images: servers first, because a firewall that one has cannot go.
 *
 * @param role of one bake. @default - of all that ever were begun
 * @returns names of what was removed
 */
export async function removeTemporary(
  cloud: CloudClient,
  environment: string,
  role?: string,
): Promise<string[]> {
  const removed: string[] = [];
  const selector = selectorOf(bakeLabels(environment, role));
  for (const kind of ["servers", "firewalls", "ssh_keys"]) {
    const answer = (await cloud("GET", `/${kind}?per_page=50&${selector}`)) as Record<
      string,
      (Row & { readonly name: string })[]
    >;
    for (const { id, name } of answer[kind] ?? []) {
      if (kind === "servers") await idle(cloud, `/servers/${id}`);
      const gone = (await cloud("DELETE", `/${kind}/${id}`)) as { action?: Row } | undefined;
      if (gone?.action !== undefined) await finished(cloud, gone.action.id);
      removed.push(name);
    }
  }
  return removed;
}
