// Every request that Hetzner's description forbids is refused with `invalid_input`, names the field and changes
// nothing. The requests are derived: from the description, and from one valid request for each operation.
import assert from "node:assert/strict";
import { routes } from "../../src/api/families";
import { described, type Operation, operations, type Schema, shapeOf } from "./description";
import { requests, withoutSuccess } from "./operations";
import {
  type ForbiddenBody,
  forbiddenBodies,
  forbiddenPaths,
  forbiddenQueries,
  type Kind,
} from "./operations/forbidden";
import type { ValidRequest } from "./operations/request";
import { createRoom, type Room } from "./operations/room";
import { atNoon, openState } from "./operations/state";
import { wider } from "./operations/wider";
import { TestCloud } from "./testCloud";

/** Enough addresses for every server that the tables make. */
const ranges = { publicIpv4: "198.18.0.0/16", floatingIpv4: "198.19.0.0/16" };

const byShape = new Map(
  operations.map((operation) => [shapeOf(operation.method, operation.path), operation]),
);

const served = new Set(routes.map(({ method, path }) => shapeOf(method, path)));

const cases = requests.flatMap(({ operation: name, prepare }) => {
  const [method = "", path = ""] = name.split(" ");
  const shape = shapeOf(method, path);
  const operation = served.has(shape) ? byShape.get(shape) : undefined;
  return operation === undefined || name in withoutSuccess ? [] : [{ name, operation, prepare }];
});

interface Attempt {
  readonly what: string;
  readonly field: string;
  readonly kind: Kind;
  readonly path: string;
  readonly body?: unknown;
}

describe("local cloud API: requests that the description forbids", () => {
  let cloud: TestCloud;
  let room: Room;
  let state: ReturnType<typeof openState>;
  const used = new Set<(typeof wider)[number]>();
  let refused = 0;

  before(async function () {
    if (!described) this.skip();
    cloud = await TestCloud.start({ ranges, clock: atNoon });
    room = createRoom(cloud);
    state = openState(cloud);
  });
  after(async () => {
    state?.close();
    await cloud?.stop();
  });

  for (const { name, operation, prepare } of cases) {
    prepare.forEach((make, index) => {
      it(`${name}${index === 0 ? "" : `, request ${index + 1}`}`, async () => {
        const valid = await make(room);
        await cloud.api.runner.idle();
        const before = state.read();
        const wrong: string[] = [];
        for (const attempt of attemptsOf(operation, valid)) {
          const exception = wider.find(
            (entry) =>
              entry.operation.test(name) &&
              entry.field.test(attempt.field) &&
              entry.kinds.includes(attempt.kind),
          );
          if (exception !== undefined) {
            used.add(exception);
            continue;
          }
          const problem = await refusalProblem(cloud, operation.method, attempt);
          if (problem !== null) wrong.push(`${attempt.what}: ${problem}`);
          else refused++;
          if (state.read() !== before) assert.fail(`${attempt.what} changed something: ${wrong.join("\n")}`);
        }
        assert.equal(wrong.length, 0, `\n${wrong.join("\n")}\n`);
        // The valid one shows that the difference was the reason.
        const path = valid.query === undefined ? valid.path : `${valid.path}?${valid.query}`;
        await cloud.ok(operation.method, path, valid.body);
        await cloud.api.runner.idle();
      });
    });
  }

  it("needs each of its exceptions, and refused many", () => {
    const idle = wider.filter((entry) => !used.has(entry)).map(({ reason }) => reason);
    assert.deepEqual(idle, []);
    assert.ok(refused > 1000, `${refused} were refused`);
  });
});

function attemptsOf({ path, parameters = [], requestBody }: Operation, valid: ValidRequest): Attempt[] {
  const schema = requestBody?.content?.["application/json"]?.schema;
  const query = valid.query === undefined ? "" : `?${valid.query}`;
  return [
    ...(schema === undefined ? [] : bodiesOf(schema, valid).map((found) => ({ ...found, path: valid.path }))),
    ...forbiddenQueries(parameters, valid.query).map((found) => ({
      ...found,
      path: `${valid.path}?${found.query}`,
      body: valid.body,
    })),
    ...forbiddenPaths(path, parameters, valid.path).map((found) => ({
      ...found,
      path: `${found.path}${query}`,
      body: valid.body,
    })),
  ];
}

const bodiesOf = (schema: Schema, { body }: ValidRequest): ForbiddenBody[] =>
  forbiddenBodies(schema, body ?? {});

async function refusalProblem(cloud: TestCloud, method: string, attempt: Attempt): Promise<string | null> {
  const { status, body } = await cloud.call(method, attempt.path, attempt.body);
  if (status !== 422 || body.error?.code !== "invalid_input") {
    return `${status} ${body.error?.code ?? "success"} ${body.error?.message ?? ""}`;
  }
  const names: string[] = body.error.details.fields.map(({ name }: { name: string }) => name);
  const { field } = attempt;
  // A problem of a part may be told of the whole: `labels` for `labels.key`.
  const named = names.some((name) => name === field || field.startsWith(`${name}.`));
  return named ? null : `names ${names.join(", ")}`;
}
