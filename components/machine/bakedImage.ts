import * as pulumi from "@pulumi/pulumi";
import { serverTypes } from "../sizing/serverTypes";
import { defaultImage } from "./context";
import { enginesHooks, programHook } from "./enginesHooks";
import { getFromApi, type HookApi, type KnownApi, knownApi } from "./hookApi";

/** Stands for the image of each role under `bakedImages`, which `npm run bake` writes. */
export const bakedImage = "baked";

/** Which image new machines are made from. */
export interface ImageChoice {
  /** `debian-13`, the number of a snapshot, or `baked`. */
  readonly image: string;
  /** Numbers of snapshots by role. @default - nothing is baked */
  readonly bakedImages?: Readonly<Record<string, number>> | undefined;
}

/** The image of a role's machines as Hetzner is asked for it: a role for which nothing is baked has the stock image. */
export function imageOfRole({ image, bakedImages = {} }: ImageChoice, role: string): string {
  return image === bakedImage ? String(bakedImages[role] ?? defaultImage) : image;
}

/** The part of `GET /images/ID` that says whether a server can be made from it. */
interface ImageAnswer {
  readonly image: { readonly status: string; readonly disk_size: number };
}

/**
 * Refuses, before anything of it is made, a server whose snapshot is gone, is not there yet or is larger than the
 * server's disk: what Hetzner says then names neither the snapshot's origin nor what to do. Only new servers ask.
 *
 * @param name prefix of the hook's name, unique in the program
 * @param stack as `npm run bake` is told
 */
export function refuseMissingImage(name: string, api: HookApi, stack: string): pulumi.ResourceHookBinding {
  if (!enginesHooks()) return {};
  const access = knownApi(api);
  const asked = new Map<string, Promise<ImageAnswer["image"] | null | undefined>>();
  const check = async ({ image, serverType, name: server }: Readonly<Record<string, unknown>>) => {
    if (typeof image !== "string" || !/^\d+$/.test(image)) return;
    const answer = asked.get(image) ?? readImage(await access, image);
    asked.set(image, answer);
    const problem = imageProblem(image, await answer, String(serverType));
    if (problem !== undefined)
      throw new Error(`${String(server)} cannot be made: ${problem}; ${remedy(stack)}`);
  };
  const hook = programHook(`${name}-image`, ({ newInputs }) => check(newInputs ?? {}), {
    onDryRun: true,
  });
  return { beforeCreate: [hook] };
}

const remedy = (stack: string) =>
  `npm run bake -- ${stack} makes another one, and image: ${defaultImage} needs none`;

/** Why no server of the type can be made from the snapshot. @param found null: there is none; undefined: nobody knows */
export function imageProblem(
  id: string,
  found: ImageAnswer["image"] | null | undefined,
  serverType: string,
): string | undefined {
  if (found === undefined) return undefined;
  if (found === null) return `there is no image ${id} (any more)`;
  if (found.status !== "available") return `image ${id} is ${found.status}`;
  const disk = serverTypes.find((type) => type.name === serverType)?.diskGb;
  if (disk === undefined || found.disk_size <= disk) return undefined;
  return `image ${id} was made on a disk of ${found.disk_size} GB, ${serverType} has ${disk} GB`;
}

async function readImage(access: KnownApi, id: string): Promise<ImageAnswer["image"] | null | undefined> {
  try {
    const answer = await getFromApi(access, `/images/${id}`);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return ((await answer.json()) as ImageAnswer).image;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(`whether image ${id} is there is not known: ${why}`);
    return undefined;
  }
}
