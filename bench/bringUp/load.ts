// Visitors at a constant rate, so that each build serves the same while it changes.
import { readFileSync } from "node:fs";
import { get as getHttp } from "node:http";
import { get as getHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { localCloudSettings } from "../../localcloud/src/settings/cloud";

export interface Visits {
  readonly answered: number;
  readonly failed: number;
}

const patienceMs = 10_000;

interface Place {
  readonly url: string;
  readonly address: string;
}

/** Asks for a page that many times a second. @returns what ends it, and says how it went */
export function visit(place: Place, perSecond: number): () => Promise<Visits> {
  let isOver = false;
  let answered = 0;
  let failed = 0;
  const asked: Promise<void>[] = [];
  const answers = asking(place);
  const ask = async () => {
    if (await answers()) answered += 1;
    else failed += 1;
  };
  const going = (async () => {
    while (!isOver) {
      asked.push(ask());
      await pause(1000 / perSecond);
    }
  })();
  return async () => {
    isOver = true;
    await going;
    await Promise.all(asked);
    return { answered, failed };
  };
}

/** One request, by a visitor whose DNS knows the name and who believes the local cloud's ACME server. */
function asking({ url, address }: Place): () => Promise<boolean> {
  const isSecure = url.startsWith("https:");
  const options = {
    lookup: known(address),
    timeout: patienceMs,
    ...(isSecure && { ca: readFileSync(localCloudSettings().paths.acmeRoots) }),
  };
  const get = isSecure ? getHttps : getHttp;
  return () =>
    new Promise((resolve) => {
      const request = get(url, options, (response) => {
        response.on("error", () => resolve(false));
        response.on("end", () => resolve(response.statusCode === 200));
        response.resume();
      });
      request.on("error", () => resolve(false));
      request.on("timeout", () => request.destroy(new Error("no answer")));
    });
}

/** Finds every name at this address. */
function known(address: string): LookupFunction {
  return (_name, { all }, done) => (all ? done(null, [{ address, family: 4 }]) : done(null, address, 4));
}
