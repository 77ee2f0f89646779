import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";
import { readStatus, type Status } from "../../src/control/socket";
import { type LocalCloudSettings, localCloudSettings } from "../../src/settings/cloud";
import { eventually } from "./lab";

const root = join(__dirname, "../../..");

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, judged by its own tests
export type Json = any;

/** A local cloud beside the one of a developer, run by its command and asked over its API. */
export class RunningCloud {
  readonly settings: LocalCloudSettings;

  constructor(private readonly environment: Readonly<Record<string, string>>) {
    this.settings = localCloudSettings(environment);
  }

  /** `npm run localcloud -- ARGS`; a failure is no exception. */
  readonly command = (...args: string[]) => this.commandWith({}, ...args);

  readonly commandWith = (more: Readonly<Record<string, string>>, ...args: string[]) =>
    execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: { ...this.environment, ...more },
      reject: false,
    });

  /** @throws when no daemon answers */
  readonly status = async (): Promise<Status> => {
    const answer = await readStatus(this.settings);
    assert.ok(answer !== undefined, "the daemon answers");
    return answer;
  };

  /** @throws when the answer is an error */
  readonly api = async (method: string, path: string, body?: object): Promise<Json> => {
    const response = await fetch(`http://127.0.0.1:${this.settings.apiPort}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.settings.tokens.local}`,
        "content-type": "application/json",
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };

  /** Waits for the end of an action. @throws when it fails */
  readonly succeeds = (action: Json) =>
    eventually(`${action.command}`, async () => {
      const now = (await this.api("GET", `/actions/${action.id}`)).action;
      assert.notEqual(now.status, "error", JSON.stringify(now.error));
      return now.status === "success";
    });
}
