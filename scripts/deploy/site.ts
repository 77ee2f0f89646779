import * as http from "node:http";
import * as https from "node:https";

/** Where visitors find a platform. */
export interface Site {
  readonly url: string;
  /** Asked in the place of where DNS leads. */
  readonly address?: string;
}

/** Answers in a row, each over a connection of its own: two load balancers and several replicas give them. */
const answersInRow = 5;

const patienceMs = 10_000;

/**
 * Asks as a visitor does until it is answered well several times in a row.
 *
 * @param withinSeconds so long it may take
 * @returns what was wrong at last; undefined: it is well
 */
export async function problemOfSite(site: Site, withinSeconds: number): Promise<string | undefined> {
  const deadline = Date.now() + withinSeconds * 1000;
  let [good, problem]: [number, string | undefined] = [0, undefined];
  while (good < answersInRow) {
    problem = await problemOfAnswer(site);
    good = problem === undefined ? good + 1 : 0;
    if (problem === undefined) continue;
    if (Date.now() > deadline) return `${site.url}: ${problem}`;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return undefined;
}

/** 2xx and 3xx are good. */
function problemOfAnswer({ url, address }: Site): Promise<string | undefined> {
  const { get } = url.startsWith("https:") ? https : http;
  // The name stays the one that is asked for, in the request and in the certificate.
  const lookup = address === undefined ? {} : { lookup: leadsTo(address) };
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: patienceMs, ...lookup }, (response) => {
      const { statusCode = 0 } = response;
      response.resume();
      response.on("error", (error) => resolve(String(error)));
      response.on("end", () =>
        resolve(statusCode >= 200 && statusCode < 400 ? undefined : `answer ${statusCode}`),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    request.on("error", (error) => resolve(error.message || String(error)));
  });
}

function leadsTo(address: string): NonNullable<https.RequestOptions["lookup"]> {
  const family = address.includes(":") ? 6 : 4;
  return (_name, { all }, answer) =>
    all ? answer(null, [{ address, family }]) : answer(null, address, family);
}
