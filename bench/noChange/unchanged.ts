import type { Run, Side, Start } from "./side";
import type { World } from "./world";

/** `pulumi up` of a platform that is as its program says. @throws when it changed, asked or opened anything */
export async function unchanged(side: Side, start: Start, world: World): Promise<Run> {
  const asked = world.requests() + (await world.logins());
  const run = await side.up(start);
  if (/\d+ (created|updated|replaced|deleted)/.test(run.output)) {
    throw new Error(`${start.name} changed something:\n${run.output}`);
  }
  if (world.requests() + (await world.logins()) !== asked) {
    throw new Error(`${start.name} asked the API or a machine:\n${run.output}`);
  }
  return run;
}
