// Pebble makes a root of its own at each start and keeps none. What was issued before is served on, so the file has
// all roots that there were: whoever trusts it trusts every certificate that the local cloud's authority ever issued.
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { writeAtomically } from "../linux/files";

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The roots with one more, the newest first; the same text when it is among them. */
export function withRoot(roots: string, root: string): string {
  const [added] = root.match(block) ?? [];
  if (added === undefined) throw new Error("the ACME server answered no root");
  const known: readonly string[] = roots.match(block) ?? [];
  if (known.includes(added)) return roots;
  return `${[added, ...known].join("\n")}\n`;
}

/** Adds the root that the server has now. @throws when it does not answer */
export async function keepRoot(path: string, management: string, authority: string): Promise<void> {
  const root = await get(`${management}/roots/0`, authority);
  const before = await readFile(path, "utf8").catch(() => "");
  const after = withRoot(before, root);
  if (after !== before) await writeAtomically(path, after);
}

function get(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ca, agent: false, timeout: 2_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${response.statusCode}`)),
      );
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error(`${url} does not answer`)));
    asked.end();
  });
}
