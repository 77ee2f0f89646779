import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheDir } from "../../../toolchain/cacheDir";
import { type ImageReference, parseReference } from "./reference";

/** Where an image came from: Docker Hub itself, or a build of the same software. */
export type ImageSource = "hub" | "built";

export interface ImageRecord {
  readonly reference: string;
  /** Content hash of everything that the image was made from. */
  readonly key: string;
  /** `sha256:...` of the manifest that the registry serves. */
  readonly digest: string;
  readonly source: ImageSource;
}

/** Folder of the registry's blobs, shared by the builder and the serving processes. */
export function defaultStorage(): string {
  return cacheDir("registry");
}

/** What is known of an image, if the storage really holds it. */
export async function findRecord(storage: string, reference: string): Promise<ImageRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordFile(storage, reference), "utf8")) as ImageRecord;
    const stored = await storedDigest(storage, reference);
    return stored === record.digest ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Digest that a tag points to; undefined when the tag or its manifest is missing. */
export async function storedDigest(storage: string, reference: string): Promise<string | undefined> {
  const registry = join(storage, "docker", "registry", "v2");
  const { repository, tag } = parseReference(reference);
  const link = join(registry, "repositories", repository, "_manifests", "tags", tag, "current", "link");
  try {
    const digest = (await readFile(link, "utf8")).trim();
    const hex = digest.slice("sha256:".length);
    await access(join(registry, "blobs", "sha256", hex.slice(0, 2), hex, "data"));
    return digest;
  } catch {
    return undefined;
  }
}

/** Written after the push: a record without its image cannot exist. */
export async function writeRecord(storage: string, record: ImageRecord): Promise<void> {
  const file = recordFile(storage, record.reference);
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(temporary, file);
}

function recordFile(storage: string, reference: string): string {
  const { repository, tag }: ImageReference = parseReference(reference);
  return join(storage, "records", `${repository.replaceAll("/", "_")}_${tag}.json`);
}
