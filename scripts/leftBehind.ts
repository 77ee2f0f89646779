// What Hetzner goes on billing although the stack's state does not hold it. A green `destroy` is no proof: the
// provider drops errors of some deletions (a primary IP in use), and what a killed run has made is in no state.
import type { CloudClients } from "./cloudClient";
import { kindOf } from "./cloudObjects";

interface Billed {
  readonly id: number;
  readonly name?: string | null;
  readonly description?: string;
  /** Of an address: who has it. */
  readonly assignee_id?: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

interface Kind {
  readonly api: keyof CloudClients;
  readonly path: string;
  /** As a person calls it. */
  readonly name: string;
}

const kinds: readonly Kind[] = [
  { api: "cloud", path: "/servers", name: "server" },
  { api: "cloud", path: "/volumes", name: "volume" },
  { api: "cloud", path: "/floating_ips", name: "floating IP" },
  { api: "cloud", path: "/load_balancers", name: "load balancer" },
  { api: "cloud", path: "/images?type=snapshot", name: "snapshot" },
  { api: "hetzner", path: "/storage_boxes", name: "storage box" },
];

/**
 * Looks for what carries these labels, and for primary IPs that nobody has, whatever their labels: a server's own one
 * carries none.
 *
 * @param resources of the stack's state; what they hold is not left behind
 * @returns one line for each object, empty when nothing is left
 */
export async function leftBehind(
  clouds: CloudClients,
  resources: readonly { readonly type: string; readonly id?: string }[],
  labels: Readonly<Record<string, string>>,
): Promise<string[]> {
  const held = new Set(resources.map(({ type, id }) => `${kindOf(type)} ${id}`));
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const lines: string[] = [];
  for (const { api, path, name } of kinds) {
    const collection = collectionOf(path);
    const query = `${path}${path.includes("?") ? "&" : "?"}label_selector=${encodeURIComponent(selector)}`;
    for (const row of await all(clouds[api], query, collection)) {
      if (held.has(`${collection} ${row.id}`)) continue;
      lines.push(`still billed, and not in the state: ${name} ${titleOf(row)}`);
    }
  }
  for (const row of await all(clouds.cloud, "/primary_ips", "primary_ips")) {
    if (held.has(`primary_ips ${row.id}`)) continue;
    const isFree = (row.assignee_id ?? null) === null;
    if (isFree) lines.push(`still billed, and nobody has it: primary IP ${titleOf(row)}`);
    else if (carries(row, labels)) {
      lines.push(
        `still billed, and not in the state: primary IP ${titleOf(row)} of server ${row.assignee_id}`,
      );
    }
  }
  return lines;
}

const carries = (row: Billed, labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).every(([key, value]) => row.labels[key] === value);

const titleOf = ({ id, name, description }: Billed) =>
  `${name || description || "without a name"} (id ${id})`;

const collectionOf = (path: string) => path.slice(1).split("?", 1)[0] ?? "";

async function all(cloud: CloudClients["cloud"], path: string, key: string): Promise<Billed[]> {
  const rows: Billed[] = [];
  for (let page: number | null = 1; page !== null; ) {
    const join = path.includes("?") ? "&" : "?";
    const answer = (await cloud("GET", `${path}${join}per_page=50&page=${page}`)) as {
      readonly meta?: { readonly pagination: { readonly next_page: number | null } };
    } & Readonly<Record<string, readonly Billed[]>>;
    rows.push(...(answer[key] ?? []));
    page = answer.meta?.pagination.next_page ?? null;
  }
  return rows;
}
