import assert from "node:assert/strict";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { movingFile } from "../../../../components/roles/edge/moving";
import { nginxConfig } from "../../../../components/roles/edge/nginx";
import { EdgeEngine } from "../../../../components/roles/edge/settings";
import { shellcheck } from "../../../support/shellcheck";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { movingScenario } from "./support/moving";
import { edgeOptions } from "./support/options";

interface Move {
  readonly code: number;
  readonly seconds: number;
  readonly text: string;
}

type Moves = Readonly<Record<"stopped" | "nobody" | "never" | "more" | "come" | "one" | "lost", Move>>;

const web = ["10.0.5.11", "10.0.5.12"].map((address, index) => ({ name: `web${index + 1}`, address }));
const toWeb = { ...edgeOptions, backends: web };
const toMore = { ...edgeOptions, backends: [...edgeOptions.backends, ...web] };

async function moves(engine: EdgeEngine): Promise<Moves> {
  const { output } = await inDebian13(
    "mkdir -p /etc/nginx; mount -t tmpfs none /etc/nginx; cp /tmp/nginx.conf /etc/nginx/; python3 /tmp/scenario.py",
    {
      "/tmp/scenario.py": movingScenario,
      "/tmp/to-web": movingFile(toWeb, engine).content,
      "/tmp/to-more": movingFile(toMore, engine).content,
      "/etc/haproxy/haproxy.cfg": haproxyConfig(edgeOptions),
      "/tmp/nginx.conf": nginxConfig(edgeOptions),
    },
  );
  const line = output.split("\n").find((text) => text.startsWith("RESULT "));
  assert.ok(line !== undefined, output);
  return JSON.parse(line.slice("RESULT ".length));
}

const engines = Object.values(EdgeEngine);
const begun: Partial<Record<EdgeEngine, Promise<Moves>>> = {};

/** Both at once: a scenario waits most of its time. */
function movesOf(engine: EdgeEngine): Promise<Moves> | undefined {
  for (const one of engines) begun[one] ??= moves(one);
  return begun[engine];
}

for (const engine of engines) {
  describe(`visitors move to other machines behind ${engine}`, function () {
    this.timeout(120_000);
    let result: Moves;
    before(async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      const known = await movesOf(engine);
      assert.ok(known !== undefined);
      result = known;
    });

    it("by a script that shellcheck finds nothing in", () => shellcheck(movingFile(toWeb, engine).content));

    it("at once where none is served yet: the proxy is stopped, or no machine of before is ready", () => {
      for (const { code, text } of [result.stopped, result.nobody]) assert.deepEqual([code, text], [0, ""]);
    });

    it("at once where some of the machines stay", () =>
      assert.deepEqual([result.more.code, result.more.text], [0, ""]));

    it("not at all while none of the new ones is ready, and it is said who serves and what to do", () => {
      assert.equal(result.never.code, 1);
      assert.match(
        result.never.text,
        /none of 10\.0\.5\.11:80 10\.0\.5\.12:80 is ready after 2 s, so visitors stay with 10\.0\.2\.11:80 10\.0\.2\.12:80: look at platform-status/,
      );
    });

    it("when all of them are ready, though they take requests before", () => {
      assert.equal(result.come.code, 0);
      assert.ok(result.come.seconds > 2.4, `${result.come.seconds} s`);
    });

    it("without one that does not become ready, a while after the others", () => {
      assert.equal(result.one.code, 0);
      assert.ok(result.one.seconds > 1.9 && result.one.seconds < 50, `${result.one.seconds} s`);
    });

    it("at once where the machines of before are lost meanwhile", () => assert.equal(result.lost.code, 0));
  });
}
