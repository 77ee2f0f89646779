import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { programFolder } from "../program";
import { ControlError } from "./errors";

const folder = join(programFolder, "page");

/** Everything that is served as a file, so that no path of a request ever names one. */
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "index.html", type: "text/html; charset=utf-8" },
  "/page.css": { file: "page.css", type: "text/css; charset=utf-8" },
  "/page.js": { file: "page.js", type: "text/javascript; charset=utf-8" },
};

/** Nothing from elsewhere, nothing inline, and in nobody's frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function servePage(app: FastifyInstance) {
  for (const [url, { file, type }] of Object.entries(FILES)) {
    app.get(url, async (_request, reply) => {
      const text = await readFile(join(folder, file), "utf8").catch(() => {
        throw new ControlError(404, `localcloud/page/${file} is missing`);
      });
      return reply.headers({ "content-type": type, "content-security-policy": POLICY }).send(text);
    });
  }
}
