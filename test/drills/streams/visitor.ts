// A visitor with a WebSocket, an upload over a slow line and an event stream that is silent for long, all at once. Runs
// as a process of its own inside the namespace of the outside client: visitor.ts SITE STREAMS, both as JSON. Prints
// `open` once all three are, then what became of each as JSON.

import { whenStopped } from "../../e2e/support/visitorProcess";
import { type Outcome, type Outcomes, streamNames } from "./outcome";
import { events, type Site, type Streams, upload } from "./requests";
import { webSocket } from "./webSocket";

async function main([site = "{}", streams = "{}"]: readonly string[]): Promise<void> {
  whenStopped();
  const { url, ...rest } = JSON.parse(site) as Omit<Site, "url"> & { readonly url: string };
  const at: Site = { ...rest, url: new URL(url) };
  const asked = JSON.parse(streams) as Streams;
  const waiting = new Set<string>(streamNames);
  const opened = (name: string) => () => {
    if (waiting.delete(name) && waiting.size === 0) process.stdout.write("open\n");
  };
  const ended = await Promise.all<Outcome>([
    webSocket(at, asked.webSocketSeconds, opened("webSocket")),
    upload(at, asked, opened("upload")),
    events(at, asked.silentSeconds, opened("events")),
  ]);
  const outcomes = Object.fromEntries(streamNames.map((name, n) => [name, ended[n]])) as Outcomes;
  process.stdout.write(`${JSON.stringify(outcomes)}\n`, () => process.exit());
}

void main(process.argv.slice(2));
