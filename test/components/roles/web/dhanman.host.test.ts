import assert from "node:assert/strict";
import { whyNoDebian13 } from "../edge/support/debian13";
import { webOptions } from "./support/options";
import { runWebScenario } from "./support/scenario";
import { ending, standIns } from "./support/standIns";

interface Result {
  readonly config: string;
  readonly headers: readonly (readonly (string | null)[])[];
  readonly compressed: readonly (string | null)[];
  readonly output: string;
}

const scenario = `${standIns}
result["config"] = subprocess.run(["nginx", "-T", "-c", "/etc/platform/nginx.conf"], capture_output=True, text=True).stdout
names = ["strict-transport-security", "x-frame-options", "x-content-type-options", "x-xss-protection"]
page = ask("/page", headers={"Cookie": "a=1"})
state["status"] = 500
error = ask("/page", headers={"Cookie": "a=1"})
state["status"] = None
result["headers"] = [[answer[1].get(name) for name in names] for answer in (page, error)]
result["compressed"] = [ask(f"/size/{size}.txt", headers={"Accept-Encoding": "gzip"})[1].get("content-encoding") for size in (1023, 1024)]
${ending}`;

describe("the dhanman deployment's values in Debian's nginx", function () {
  this.timeout(300_000);
  let result: Result;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const options = { ...webOptions, content: { ...webOptions.content, profile: "dhanman" as const } };
    result = await runWebScenario<Result>(scenario, { options });
  });
  const has = (...lines: readonly string[]) => {
    for (const line of lines) assert.match(result.config, new RegExp(`^\\s*${line}$`, "m"), line);
  };

  it("S3-33, S3-82: a group for each service, least_conn, max_fails=3 fail_timeout=30s, keepalive 32", () => {
    const [group = ""] = /upstream service-web \{[^}]*\}/.exec(result.config) ?? [];
    for (const text of ["least_conn;", "10.0.2.11:8080 max_fails=3 fail_timeout=30s;", "keepalive 32;"])
      assert.ok(group.includes(text), group);
    assert.match(result.config, /upstream service-hangfire \{/);
  });

  it("S3-48: buffers on, 4k, 8 of 4k, busy 8k", () =>
    has(
      "proxy_buffering on;",
      "proxy_buffer_size 4k;",
      "proxy_buffers 8 4k;",
      "proxy_busy_buffers_size 8k;",
    ));

  it("60 s for connecting, sending and answering", () =>
    has("proxy_connect_timeout 60s;", "proxy_send_timeout 60s;", "proxy_read_timeout 60s;"));

  it("S3-46: an upgrade passes the cache by", () => has("proxy_cache_bypass \\$http_upgrade;"));

  it("a server for each name", () => has("server_name admin.example.com;", "server_name app.example.com;"));

  it("S3-39, S3-40, S3-41, S3-42: its headers, on errors too", () => {
    const headers = ["max-age=31536000; includeSubDomains", "SAMEORIGIN", "nosniff", "1; mode=block"];
    assert.deepEqual(result.headers, [headers, headers], result.output);
  });

  it("gzip from 1024 bytes on", () => assert.deepEqual(result.compressed, [null, "gzip"]));
});
