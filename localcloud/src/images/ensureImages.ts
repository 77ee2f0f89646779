import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir, type Progress } from "../../../toolchain/cacheDir";
import { withLock } from "../../../toolchain/lock";
import { type Builder, createBuilder } from "./builder";
import { hubReachable } from "./hub";
import { fillContext, imageRecipes, recipeKey } from "./recipes";
import { parseReference } from "./reference";
import { type ImageName, imageReferences } from "./references";
import { startRegistry } from "./registry";
import { defaultStorage, findRecord, type ImageRecord, writeRecord } from "./storage";

export { ensureRegistryCertificate, type RegistryCertificate } from "./certificate";
export { type ImageName, imageNames, imageReferences } from "./references";
export { type ProcessSpec, type RegistryOptions, registryProcess } from "./registry";
export { defaultStorage, type ImageRecord, type ImageSource } from "./storage";

/** What a platform with default settings runs. */
export const defaultImages: readonly ImageName[] = ["elasticsearch", "sampleApp", "versitygw", "traefik"];

export interface EnsureImagesOptions {
  /** @default {@link defaultImages} */
  readonly images?: readonly ImageName[];
  /** Further releases of the sample application: `["1.0.1"]`. @default none */
  readonly sampleAppTags?: readonly string[];
  /** Folder of the registry. @default `registry` in the cache folder */
  readonly storage?: string;
}

/**
 * Fills the registry: with the images of Docker Hub where it can be reached, with builds of the same software
 * where not. An image that is there and whose ingredients have not changed costs a few milliseconds.
 *
 * @throws when an image can neither be copied nor built, with the last lines of the failed step
 */
export async function ensureImages(
  progress: Progress,
  options: EnsureImagesOptions = {},
): Promise<readonly ImageRecord[]> {
  const storage = options.storage ?? defaultStorage();
  const wanted = wantedImages(options);
  const present = await presentRecords(storage, wanted);
  if (present !== undefined) return present;
  return withLock(
    cacheDir("images", "build.lock"),
    () => provideAll(storage, wanted, progress),
    () => progress("images: waiting for another build to finish"),
  );
}

interface WantedImage {
  readonly name: ImageName;
  readonly reference: string;
}

function wantedImages({ images = defaultImages, sampleAppTags = [] }: EnsureImagesOptions): WantedImage[] {
  const application = imageReferences.sampleApp.split(":")[0];
  return [
    ...images.map((name) => ({ name, reference: imageReferences[name] })),
    ...sampleAppTags.map((tag) => ({ name: "sampleApp" as const, reference: `${application}:${tag}` })),
  ];
}

async function presentRecords(
  storage: string,
  wanted: readonly WantedImage[],
): Promise<ImageRecord[] | undefined> {
  const records: ImageRecord[] = [];
  for (const { name, reference } of wanted) {
    const record = await currentRecord(storage, name, reference);
    if (record === undefined) return undefined;
    records.push(record);
  }
  return records;
}

/** An image of the Hub stays current whatever happens to the recipe that would replace it. */
async function currentRecord(
  storage: string,
  name: ImageName,
  reference: string,
): Promise<ImageRecord | undefined> {
  const record = await findRecord(storage, reference);
  if (record?.source === "hub") return record;
  return record?.key === (await recipeKey(name, reference)) ? record : undefined;
}

interface Workshop {
  readonly storage: string;
  readonly builder: Builder;
  readonly hub: boolean;
  readonly progress: Progress;
}

async function provideAll(
  storage: string,
  wanted: readonly WantedImage[],
  progress: Progress,
): Promise<ImageRecord[]> {
  await removeLeftovers();
  const [hub, registry] = await Promise.all([hubReachable(), startRegistry(storage)]);
  try {
    progress(hub ? "images: copying from Docker Hub" : "images: Docker Hub cannot be reached, building");
    const workshop = { storage, builder: await createBuilder(registry.host), hub, progress };
    const records: ImageRecord[] = [];
    for (const { name, reference } of wanted) records.push(await provide(workshop, name, reference));
    return records;
  } finally {
    await registry.stop();
  }
}

/** A build that was killed could not remove its context. */
async function removeLeftovers(): Promise<void> {
  const folder = cacheDir("images");
  for (const name of await readdir(folder)) {
    if (name.startsWith(".context-")) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function provide(workshop: Workshop, name: ImageName, reference: string): Promise<ImageRecord> {
  const { storage, progress } = workshop;
  const current = await currentRecord(storage, name, reference);
  if (current !== undefined) return current;
  const started = Date.now();
  const made = (await copyFromHub(workshop, name, reference)) ?? (await build(workshop, name, reference));
  const record = { reference, ...made };
  await writeRecord(storage, record);
  progress(`${reference}: ready after ${((Date.now() - started) / 1000).toFixed(1)} s (${record.digest})`);
  return record;
}

type Made = Omit<ImageRecord, "reference">;

async function copyFromHub(
  { hub, builder, progress }: Workshop,
  name: ImageName,
  reference: string,
): Promise<Made | undefined> {
  if (!hub || !imageRecipes[name].official) return undefined;
  progress(`${reference}: copying from Docker Hub`);
  try {
    return { key: "hub", source: "hub", digest: await builder.pull(reference) };
  } catch (error) {
    // Rate limits and deleted tags happen; the build provides the same software.
    const reason = error instanceof Error ? error.message.split("\n").at(-1) : String(error);
    progress(`${reference}: not copied (${reason}), building`);
    return undefined;
  }
}

async function build(workshop: Workshop, name: ImageName, reference: string): Promise<Made> {
  const recipe = imageRecipes[name];
  if (recipe.base !== undefined) await provide(workshop, recipe.base, imageReferences[recipe.base]);
  const key = await recipeKey(name, reference);
  await mkdir(cacheDir("images"), { recursive: true });
  const context = await mkdtemp(cacheDir("images", ".context-"));
  try {
    await fillContext(recipe, context, workshop.progress);
    const digest = await workshop.builder.build(
      {
        reference,
        context,
        containerfile: join(context, recipe.containerfile),
        arguments: { RELEASE: parseReference(reference).tag, ...recipe.arguments },
        volumes: await recipe.volumes?.(),
      },
      workshop.progress,
    );
    return { key, source: "built", digest };
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
