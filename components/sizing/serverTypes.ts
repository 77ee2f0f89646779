/** One line of Hetzner's list of cloud servers. */
export interface ServerType {
  /** As the API names it: `cx43`. */
  readonly name: string;
  /** Product line: fallbacks go from line to line. */
  readonly line: ServerLine;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly diskGb: number;
  readonly cpu: "shared" | "dedicated";
  readonly architecture: "x86" | "arm";
  /** EUR per month without VAT and without IPv4, EU locations; undefined: not known to this table. */
  readonly monthlyEur: number | undefined;
  /** Could be ordered on `stockDate`. A snapshot: only the API knows today's stock. */
  readonly orderable: boolean;
  readonly locations: readonly string[];
}

export type ServerLine = "CX" | "CAX" | "CPX" | "CCX";

/** Day since which Hetzner takes these prices for new orders and for every change of type. */
export const priceDate = "2026-06-15";
/** Day on which `orderable` was read. */
export const stockDate = "2026-09-04";
export const priceSource = "docs.hetzner.com, price adjustment; quoted by third parties July to October 2026";

const europe = ["fsn1", "nbg1", "hel1"];
const everywhere = [...europe, "ash", "hil", "sin"];

/** What the types of one product line have in common. */
const lines: Record<string, Pick<ServerType, "line" | "cpu" | "architecture" | "orderable" | "locations">> = {
  CX: { line: "CX", cpu: "shared", architecture: "x86", orderable: false, locations: europe },
  CAX: { line: "CAX", cpu: "shared", architecture: "arm", orderable: false, locations: europe },
  // That Singapore has this generation is public knowledge, not part of the dated price list.
  CPX: { line: "CPX", cpu: "shared", architecture: "x86", orderable: true, locations: [...europe, "sin"] },
  // The older generation, sold in America; neither its prices nor its stock are part of the dated list.
  oldCPX: { line: "CPX", cpu: "shared", architecture: "x86", orderable: true, locations: ["ash", "hil"] },
  CCX: { line: "CCX", cpu: "dedicated", architecture: "x86", orderable: true, locations: everywhere },
};

type Row = readonly [
  name: string,
  line: keyof typeof lines,
  vcpus: number,
  memoryGb: number,
  diskGb: number,
  monthlyEur?: number,
];

// Disks of CAX, CCX43 and up, and the older CPX generation come from Hetzner's public product pages, not
// from the dated price list.
const rows: readonly Row[] = [
  ["cx23", "CX", 2, 4, 40, 5.49],
  ["cx33", "CX", 4, 8, 80, 8.49],
  ["cx43", "CX", 8, 16, 160, 15.99],
  ["cx53", "CX", 16, 32, 320, 29.49],
  ["cax11", "CAX", 2, 4, 40, 5.99],
  ["cax21", "CAX", 4, 8, 80, 10.49],
  ["cax31", "CAX", 8, 16, 160, 20.99],
  ["cax41", "CAX", 16, 32, 320, 40.99],
  ["cpx12", "CPX", 1, 2, 40, 11.49],
  ["cpx22", "CPX", 2, 4, 80, 19.49],
  ["cpx32", "CPX", 4, 8, 160, 35.49],
  ["cpx42", "CPX", 8, 16, 320, 69.49],
  ["cpx52", "CPX", 12, 24, 480, 100.49],
  ["cpx62", "CPX", 16, 32, 640, 129.99],
  ["cpx11", "oldCPX", 2, 2, 40],
  ["cpx21", "oldCPX", 3, 4, 80],
  ["cpx31", "oldCPX", 4, 8, 160],
  ["cpx41", "oldCPX", 8, 16, 240],
  ["cpx51", "oldCPX", 16, 32, 360],
  ["ccx13", "CCX", 2, 8, 80, 42.99],
  ["ccx23", "CCX", 4, 16, 160, 85.99],
  ["ccx33", "CCX", 8, 32, 240, 138.49],
  ["ccx43", "CCX", 16, 64, 360, 275.99],
  ["ccx53", "CCX", 32, 128, 600, 533.49],
  ["ccx63", "CCX", 48, 192, 960],
];

function serverType([name, line, vcpus, memoryGb, diskGb, monthlyEur]: Row): ServerType {
  const common = lines[line];
  if (common === undefined) throw new Error(`server type ${name}: no product line ${line}`);
  return { name, vcpus, memoryGb, diskGb, monthlyEur, ...common };
}

/** The dated list of Hetzner's server types: the one source for sizes and prices, offline. */
export const serverTypes: readonly ServerType[] = rows.map(serverType);

export function findServerType(name: string): ServerType | undefined {
  return serverTypes.find((type) => type.name === name);
}
