import { createHash } from "node:crypto";
import { hostAddress } from "../../settings/ranges";
import { containerRange } from "../../setup/docker";
import { mostReplicas, mostServices } from "./limits";
import type { ServiceSettings } from "./settings";

/** One container of the service stack, the same on every app node. */
export interface Replica {
  /** Name of container and unit: `web-1`. */
  readonly name: string;
  readonly serviceName: string;
  /** 1 for the first replica of its service on the node. */
  readonly number: number;
  /** Fixed address on the node's Docker network. */
  readonly address: string;
  readonly service: ServiceSettings;
}

const firstHost = 10;

/**
 * All replicas of one node, services in alphabetical order. Each service has a block of 256 addresses that
 * its name chooses, so that adding, removing or scaling a service leaves the others where they are.
 *
 * @throws when a service has more replicas than a block has room for, or there are more services than blocks
 */
export function planReplicas(services: Readonly<Record<string, ServiceSettings>>): Replica[] {
  const names = Object.keys(services).sort();
  const blockOf = chooseBlocks(names);
  return Object.entries(services)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([serviceName, service]) => {
      if (service.replicas > mostReplicas) {
        throw new Error(`service ${serviceName}: at most ${mostReplicas} replicas, got ${service.replicas}`);
      }
      const base = (blockOf.get(serviceName) ?? 0) * 256 + firstHost;
      return Array.from({ length: service.replicas }, (_, index) => ({
        name: `${serviceName}-${index + 1}`,
        serviceName,
        number: index + 1,
        address: hostAddress(containerRange, base + index + 1),
        service,
      }));
    });
}

/** Blocks 1 to 254; of two services that want the same one, the later in the alphabet takes the next free. */
function chooseBlocks(names: readonly string[]): Map<string, number> {
  if (names.length > mostServices) throw new Error(`at most ${mostServices} services, got ${names.length}`);
  const chosen = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names) {
    let block = createHash("sha256").update(name).digest().readUInt32BE() % mostServices;
    while (taken.has(block)) block = (block + 1) % mostServices;
    taken.add(block);
    chosen.set(name, block + 1);
  }
  return chosen;
}
