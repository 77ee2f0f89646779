// Asks an API that nobody has started yet, and prints which packages were needed for the answer.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import inject from "light-my-request";
import { createApi, openStore } from "../../src/api";
import type { Host } from "../../src/host/contract";

const token = "a".repeat(64);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "localcloud-first-"));
  const store = openStore(folder);
  const host = {} as Host;
  const api = createApi({ store, host, settings: { tokens: [{ token, project: "one" }] } });
  const headers = { authorization: `Bearer ${token}` };
  const response = await inject(api.listener, { method: "GET", url: "/v1/locations?name=fsn1", headers });
  const { locations } = response.json() as { locations: readonly { name: string }[] };
  const packages = Object.keys(require.cache).map(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1],
  );
  const loaded = [...new Set(packages)];
  store.close();
  rmSync(folder, { recursive: true });
  process.stdout.write(
    JSON.stringify({ status: response.statusCode, locations: locations.map(({ name }) => name), loaded }),
  );
}

void main();
