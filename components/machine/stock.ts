import * as pulumi from "@pulumi/pulumi";
import { enginesHooks, programHook } from "./enginesHooks";
import { getFromApi, type HookApi, type KnownApi, knownApi } from "./hookApi";

/** Part of `GET /server_types`. */
interface ServerTypesAnswer {
  readonly server_types: readonly {
    readonly locations?: readonly { readonly name: string; readonly available?: boolean }[];
  }[];
}

/**
 * Refuses, in the preview, a server that Hetzner cannot deliver at the moment. A replacement deletes the old server
 * first, and a resize switches it off first: without stock both end with no server. An `up` without a preview is
 * not held back, nor one whose API does not answer.
 *
 * @param name prefix of the hooks' name, unique in the program
 */
export function refuseSoldOut(name: string, api: HookApi): pulumi.ResourceHookBinding {
  if (!enginesHooks()) return {};
  const isPreview = pulumi.runtime.isDryRun();
  const access = isPreview ? knownApi(api) : undefined;
  const asked = new Map<string, Promise<boolean>>();
  const check = async (inputs: ServerInputs | undefined) => {
    if (!isPreview || inputs === undefined) return;
    const { serverType, location, name: server } = inputs;
    if (typeof serverType !== "string" || typeof location !== "string") return;
    const key = `${serverType} in ${location}`;
    const sold = asked.get(key) ?? isSoldOut(await access, serverType, location);
    asked.set(key, sold);
    if (await sold) throw new Error(soldOutText(String(server), serverType, location));
  };
  const options = { onDryRun: true };
  return {
    beforeCreate: [programHook(`${name}-stock`, ({ newInputs }) => check(newInputs), options)],
    beforeUpdate: [
      programHook(
        `${name}-stock-resize`,
        ({ newInputs, oldInputs }) =>
          (oldInputs as ServerInputs | undefined)?.serverType === newInputs?.serverType
            ? undefined
            : check(newInputs),
        options,
      ),
    ],
  };
}

/** Inputs of a server, of which a preview may not know all. */
type ServerInputs = Readonly<Record<string, unknown>>;

function soldOutText(server: string, serverType: string, location: string): string {
  return `Hetzner cannot deliver ${serverType} in ${location} at the moment: ${server} would be gone or off before that is noticed; choose another serverType (npm run estimate names prices and stock) or wait`;
}

async function isSoldOut(access: KnownApi, serverType: string, location: string): Promise<boolean> {
  try {
    const answer = await getFromApi(access, `/server_types?name=${encodeURIComponent(serverType)}`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { server_types } = (await answer.json()) as ServerTypesAnswer;
    return server_types[0]?.locations?.find(({ name }) => name === location)?.available === false;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(`whether ${serverType} can be delivered is not known: ${why}`);
    return false;
  }
}
