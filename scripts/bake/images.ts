// Images that were baked, and which of them are wanted.
import type { ServerType } from "../../components/sizing/serverTypes";
import type { CloudClient } from "../cloudClient";
import { contentHash, type RoleSoftware } from "./software";

/** A snapshot as the API answers it. */
export interface BakedImage {
  readonly id: number;
  readonly status: string;
  readonly created: string;
  /** Size of the copy in GB, which is paid for; null while it is made. */
  readonly image_size: number | null;
  readonly disk_size: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Labels of everything that a bake makes; what carries them and is no image is temporary. */
export function bakeLabels(environment: string, role?: string): Readonly<Record<string, string>> {
  return { environment, "managed-by": "bake", ...(role !== undefined && { role }) };
}

export function selectorOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `label_selector=${encodeURIComponent(pairs.join(","))}`;
}

/** All images of a stack, the newest first. */
export async function bakedImagesOf(cloud: CloudClient, environment: string): Promise<BakedImage[]> {
  const images: BakedImage[] = [];
  for (let page: number | null = 1; page !== null; ) {
    const path = `/images?type=snapshot&per_page=50&page=${page}&${selectorOf(bakeLabels(environment))}`;
    const answer = (await cloud("GET", path)) as {
      images: BakedImage[];
      meta: { pagination: { next_page: number | null } };
    };
    images.push(...answer.images);
    page = answer.meta.pagination.next_page;
  }
  return images.sort((a, b) => Date.parse(b.created) - Date.parse(a.created) || b.id - a.id);
}

/** Days after which an image is made anew although it holds the same: its machines would begin with many upgrades. */
export const oldestDays = 30;

/** The image that holds the software, unless it is too old. @param images the newest first */
export function currentImage(
  software: RoleSoftware,
  images: readonly BakedImage[],
  now: Date,
): BakedImage | undefined {
  const content = contentHash(software);
  return imagesOfRole(images, software.role).find(
    ({ labels, status, created }) =>
      labels.content === content &&
      status === "available" &&
      now.getTime() - Date.parse(created) < oldestDays * 86_400_000,
  );
}

const imagesOfRole = (images: readonly BakedImage[], role: string) =>
  images.filter(({ labels }) => labels.role === role);

/** How many images of a role are kept: the one of now, and the one to go back to. */
const kept = 2;

/**
 * Images that nobody needs: of each role all but the last two, those of roles that are no more, and what never became
 * one.
 *
 * @param images the newest first
 * @param named numbers that the stack's file names: never removed
 */
export function superfluousImages(
  images: readonly BakedImage[],
  roles: readonly string[],
  named: readonly number[],
): BakedImage[] {
  const whole = images.filter(({ status }) => status === "available");
  const needed = roles.flatMap((role) => imagesOfRole(whole, role).slice(0, kept));
  return images.filter((image) => !needed.includes(image) && !named.includes(image.id));
}

/**
 * Server types to bake on, in the order in which they are tried: those with the smallest disk, because an image goes on
 * no disk that is smaller than its own; the cheapest first.
 */
export function bakeTypes(location: string, types: readonly ServerType[]): ServerType[] {
  const sold = types.filter((type) => type.architecture === "x86" && type.locations.includes(location));
  const smallest = Math.min(...sold.map(({ diskGb }) => diskGb));
  const price = ({ monthlyEur = Infinity }: ServerType) => monthlyEur;
  return sold.filter(({ diskGb }) => diskGb === smallest).sort((a, b) => price(a) - price(b));
}
