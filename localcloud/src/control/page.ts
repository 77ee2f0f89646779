import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import type { FastifyInstance } from "fastify";
import { programFolder } from "../settings/program";

const folder = join(programFolder, "page");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing from elsewhere, nothing inline, and in nobody's frame. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** One route for each file of the page, so that no path of a request ever names one. */
export function servePage(app: FastifyInstance) {
  for (const file of readdirSync(folder)) {
    const type = types[extname(file)];
    if (type === undefined) continue;
    app.get(file === "index.html" ? "/" : `/${file}`, async (_request, reply) =>
      reply
        .headers({ "content-type": type, "content-security-policy": contentPolicy })
        .send(await readFile(join(folder, file), "utf8")),
    );
  }
}
