import { get } from "node:http";

/** A reader of server-sent events. */
export interface Events {
  /** The next event of this name that was not taken yet. */
  next(name: string): Promise<unknown>;
  /** How many of this name have come. */
  count(name: string): number;
  close(): void;
}

export function readEvents(port: number, host: string): Promise<Events> {
  const come: { readonly name: string; readonly data: unknown }[] = [];
  const taken = new Map<string, number>();
  return new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: "/events", headers: { host } }, (response) => {
      let rest = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        const blocks = (rest + part).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
          if (name !== undefined) come.push({ name, data: JSON.parse(data ?? "null") });
        }
      });
      response.on("error", () => {});
      resolve({
        async next(name) {
          const index = taken.get(name) ?? 0;
          for (let waited = 0; waited < 5_000; waited += 10) {
            const found = come.filter((event) => event.name === name)[index];
            if (found !== undefined) {
              taken.set(name, index + 1);
              return found.data;
            }
            await new Promise((again) => setTimeout(again, 10));
          }
          throw new Error(`no further event ${name} within 5 s`);
        },
        count: (name) => come.filter((event) => event.name === name).length,
        close: () => request.destroy(),
      });
    });
    request.on("error", reject);
  });
}
