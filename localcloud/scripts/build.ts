// What the npm package holds besides its texts: the local cloud as one program.
import { join } from "node:path";
import { bundleInto } from "../src/daemon/bundle";

bundleInto(join(__dirname, "..", "dist")).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
