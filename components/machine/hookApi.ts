import * as pulumi from "@pulumi/pulumi";

/** Where and as whom hooks ask the API. */
export interface HookApi {
  /** @default "https://api.hetzner.cloud/v1" */
  readonly endpoint: pulumi.Input<string> | undefined;
  /** Secret. */
  readonly token: pulumi.Input<string>;
}

/** What is known of endpoint and token; undefined: nothing before up. */
export type KnownApi = readonly [string | undefined, string] | undefined;

const patienceMs = 10_000;

/** The engine calls hooks from outside of the program, where nobody knows what it does: so this is asked in it. */
export function knownApi(api: HookApi): Promise<KnownApi> {
  return knownValue(pulumi.all([api.endpoint, api.token]), patienceMs);
}

/** What an output holds; undefined when a preview does not know it, as nothing that waits for it is ever called then. */
export function knownValue<T>(output: pulumi.Output<T>, withinMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), withinMs);
    (output as pulumi.Output<unknown>).apply((value) => {
      clearTimeout(timer);
      resolve(value as T);
    });
  });
}

/** @param path with its query: `/images/7` @throws when the API's token is not known, or nobody answers */
export async function getFromApi(access: KnownApi, path: string): Promise<Response> {
  if (access === undefined) throw new Error("the API's token is not known before up");
  const [base = "https://api.hetzner.cloud/v1", token] = access;
  const headers = { Authorization: `Bearer ${token}` };
  return fetch(`${base}${path}`, { headers, signal: AbortSignal.timeout(patienceMs) });
}
