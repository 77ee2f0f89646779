import { appendFileSync } from "node:fs";
import type { Deployed } from "./attempt";
import { type Origin, originText } from "./origin";

const longestReason = 1500;

/** One message for people: what became of a deployment. */
export function noticeText(
  stack: string,
  origin: Origin,
  { outcome, changes, reason, seconds }: Deployed,
): string {
  const counts = Object.entries(changes)
    .filter(([kind]) => kind !== "same")
    .map(([kind, count]) => `${count} ${kind}`);
  const what = counts.length === 0 ? "nothing to change" : counts.join(", ");
  const said = {
    previewed: `would change: ${what}`,
    done: `${what}, and the site answers`,
    refused: "refused before anything was changed",
    failed: "failed, perhaps in part: `npm run deploy` again, or see docs/operations.md",
    unwell: `${what}, but the site does not answer as it should`,
  }[outcome];
  const why = reason === undefined ? "" : `\n${reason.slice(0, longestReason)}`;
  return `${stack}: ${said} (${Math.round(seconds)} s, ${originText(origin)})${why}`;
}

/**
 * Tells whoever is to know; a message that cannot be delivered is said and changes nothing.
 *
 * @param webhook takes `{"text": ...}` as Slack, Mattermost and Rocket.Chat do. Secret: no message shows it.
 */
export async function tell(
  text: string,
  webhook: string | undefined,
  summaryFile: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  if (summaryFile !== undefined) appendFileSync(summaryFile, `${text}\n`);
  if (webhook === undefined) return;
  const body = JSON.stringify({ text });
  const headers = { "content-type": "application/json" };
  await fetch(webhook, { method: "POST", body, headers, signal: AbortSignal.timeout(10_000) })
    .then(({ ok, status }) => {
      if (!ok) say(`DEPLOY_WEBHOOK answered ${status}: nobody was told`);
    })
    .catch(() => say("DEPLOY_WEBHOOK could not be reached: nobody was told"));
}
