// One visitor with all that stays open, and something that happens meanwhile.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { localCloudSettings } from "../../../localcloud/src/settings/cloud";
import { eventually } from "../../e2e/support/cloud";
import { url, virtualIp } from "../../e2e/support/platform";
import { runOutside } from "../support/outside";
import type { Outcomes } from "./outcome";
import type { Streams } from "./requests";

export interface Seen {
  readonly outcomes: Outcomes;
  /** When it happened, in ms since 1970; undefined: nothing was to happen. */
  readonly eventAtMs?: number;
}

/**
 * Opens everything, makes the event, and waits for the ends.
 *
 * @param event resolves when it is seen to have happened, with the moment in ms since 1970
 */
export async function whileOpen(streams: Streams, event: () => Promise<number | undefined>): Promise<Seen> {
  const trusted = await readFile(localCloudSettings().paths.acmeRoots, "utf8");
  const site = { url: url(), address: virtualIp(), trusted };
  const visitor = runOutside(join(__dirname, "visitor.ts"), site, streams);
  try {
    await eventually("everything is open", 60, async () => visitor.said().includes("open") || undefined);
    const eventAtMs = await event();
    const outcomes = JSON.parse(await visitor.ended) as Outcomes;
    return { outcomes, ...(eventAtMs !== undefined && { eventAtMs }) };
  } finally {
    visitor.signal("SIGKILL");
  }
}
