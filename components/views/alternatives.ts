import type { Plan } from "../plan/plan";
import { BulkBackend, type StoragePlatform, type StorageSettings } from "../roles/storage/settings";
import type { PriceTable } from "../sizing/prices";
import { fallbackServerTypes, NoServerTypeError } from "../sizing/resolve";
import { type ServerLine, type ServerType, serverTypes } from "../sizing/serverTypes";
import { workingVolumeGb } from "../sizing/storageBoxes";
import { estimateCost, UnknownPriceError } from "./cost";

/** Backends that the alternatives compare; what a bucket elsewhere costs is not known here. */
type ComparedBackend = typeof BulkBackend.Volume | typeof BulkBackend.StorageBox;

/** The same machines from another product line, or with another kind of bulk storage. */
export interface Alternative {
  readonly line: ServerLine;
  readonly bulk: ComparedBackend;
  readonly monthlyEur: number;
  /** False when a server type of it cannot be ordered, as far as the price source knows. */
  readonly orderable: boolean;
}

/**
 * What the platform would cost from each product line, cheapest first. Lines that lack a size are left out.
 *
 * @param plan how settings are planned: another kind of bulk storage is another plan
 */
export function costAlternatives<Settings extends StoragePlatform>(
  settings: Settings,
  plan: (settings: Settings) => Plan,
  prices: PriceTable,
): readonly Alternative[] {
  const types = serverTypes.map((type) => ({ ...type, monthlyEur: prices.servers.get(type.name) }));
  const lines: readonly ServerLine[] = ["CX", "CAX", "CPX", "CCX"];
  const bulks: readonly ComparedBackend[] = ["storageBox", "volume"];
  return lines
    .flatMap((line) => bulks.map((bulk) => alternative(settings, plan, prices, types, line, bulk)))
    .filter((found) => found !== undefined)
    .sort((a, b) => a.monthlyEur - b.monthlyEur);
}

function alternative<Settings extends StoragePlatform>(
  settings: Settings,
  plan: (settings: Settings) => Plan,
  prices: PriceTable,
  types: readonly ServerType[],
  line: ServerLine,
  bulk: ComparedBackend,
): Alternative | undefined {
  try {
    const changed = { ...settings, storage: withBulk(settings.storage, bulk) };
    const estimate = estimateCost(plan(changed), settings.location, prices, (machine) => {
      const size = { ...machine.size, serverType: undefined };
      const found = fallbackServerTypes(size, settings.location, types).find((type) => type.line === line);
      if (found === undefined) throw new NoServerTypeError(`line ${line} has no type for ${machine.name}`);
      return found;
    });
    return { line, bulk, monthlyEur: estimate.totalEur, orderable: estimate.soldOut.length === 0 };
  } catch (error) {
    if (error instanceof NoServerTypeError || error instanceof UnknownPriceError) return undefined;
    throw error;
  }
}

/** The same capacity from another backend. */
function withBulk(storage: StorageSettings, bulk: ComparedBackend): StorageSettings {
  const capacityGb = storage.bulk === BulkBackend.Volume ? storage.volumeGb : storage.bulkGb;
  return bulk === BulkBackend.Volume
    ? { ...storage, bulk, volumeGb: capacityGb }
    : { ...storage, bulk, bulkGb: capacityGb, volumeGb: Math.min(capacityGb, workingVolumeGb) };
}

/** What an amount buys of this topology, in plain sentences. Computed: no figure stands in the text itself. */
export function whatAmountBuys(
  amountEur: number,
  alternatives: readonly Alternative[],
  prices: PriceTable,
): string {
  const affordable = alternatives.filter(({ monthlyEur }) => monthlyEur <= amountEur);
  const [cheapest] = alternatives;
  const title = `What ${amountEur} EUR a month buys of this topology (prices of ${prices.date}):`;
  if (cheapest === undefined) return `${title}\n- no product line has all of its sizes\n`;
  const orderable = alternatives.find((alternative) => alternative.orderable);
  const lines = [
    ...(affordable.length === 0
      ? [`nothing complete: the cheapest way is ${alternativeText(cheapest)}`]
      : []),
    ...affordable.map(alternativeText),
    ...(affordable.some(({ bulk }) => bulk === "volume") ? [] : volumeLine(alternatives)),
    ...(affordable.length === 0 || orderable === undefined || affordable.includes(orderable)
      ? []
      : [`the cheapest that can be ordered is ${alternativeText(orderable)}`]),
  ];
  return `${title}\n${lines.map((text) => `- ${text}`).join("\n")}\n`;
}

function volumeLine(alternatives: readonly Alternative[]): readonly string[] {
  const withVolume = alternatives.find(({ bulk }) => bulk === "volume");
  return withVolume === undefined ? [] : [`not with a block volume: that is ${alternativeText(withVolume)}`];
}

function alternativeText({ line, bulk, monthlyEur, orderable }: Alternative): string {
  const storage = bulk === BulkBackend.Volume ? "one volume" : "a small volume and a storage box for backups";
  const arm = line === "CAX" ? ", arm processors (not supported by this program)" : "";
  const stock = orderable ? "" : ", sold out when last seen";
  return `${monthlyEur.toFixed(2)} EUR: ${line} machines with ${storage}${arm}${stock}`;
}
