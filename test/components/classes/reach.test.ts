import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { type EngineStack, engineStack } from "../../support/engineStack";
import { componentClasses } from "./examples";
import { makeParts, sshKeyName } from "./parts";

/** A resource as the state of the stack has it. */
interface Held {
  readonly urn: string;
  readonly type: string;
  readonly parent?: string;
  readonly custom: boolean;
  readonly retainOnDelete?: boolean;
  readonly inputs?: { readonly labels?: Readonly<Record<string, string>> };
}

const server = "hcloud:index/server:Server";

/** What a user may want of everything that a component makes, and of its servers only. */
const transformFor =
  (className: string): pulumi.ResourceTransform =>
  ({ type, props, opts }) => ({
    props: type === server ? { ...props, labels: { ...props.labels, team: className } } : props,
    opts: { ...opts, retainOnDelete: true },
  });

const named = (prefix: string) => (className: string) => `${prefix}-${className.toLowerCase()}`;

const optionsFor = (className: string, former: string | undefined): pulumi.ComponentResourceOptions => ({
  aliases: former === undefined ? [] : [{ name: named(former)(className) }],
  transforms: [transformFor(className)],
});

describe("options that a user gives to a component reach all that it makes, in the real engine", function () {
  this.timeout("10m");
  const classes = componentClasses().map(({ name }) => name);
  let running: EngineStack;
  let held: readonly Held[];

  /** The program with components of these names, which were called otherwise before or not. */
  const make = (prefix: string, former?: string) =>
    running.make((api) => makeParts(named(prefix), (className) => optionsFor(className, former), api));
  /** All resources below the component of a class, at any depth, that are no components themselves. */
  const under = (className: string): Held[] => {
    const below = (urn: string): Held[] =>
      held.filter(({ parent }) => parent === urn).flatMap((child) => [child, ...below(child.urn)]);
    const component = held.find(({ urn }) => urn.endsWith(`::${named("old")(className)}`));
    assert.ok(component, `the program makes a ${className}`);
    return below(component.urn).filter(({ custom }) => custom);
  };

  before(async () => {
    running = await engineStack({});
    make("old");
    await running.stack.up();
    held = (await running.stack.exportStack()).deployment.resources;
  });
  after(() => running?.stop());

  for (const className of classes) {
    it(`transforms: ${className}`, () => {
      const made = under(className);
      assert.ok(made.length > 0);
      const missed = made.filter(({ retainOnDelete }) => retainOnDelete !== true);
      assert.deepEqual(
        missed.map(({ urn }) => urn),
        [],
      );
      const servers = made.filter(({ type }) => type === server);
      assert.equal(servers.length > 0, className !== "Network");
      for (const { urn, inputs } of servers) assert.equal(inputs?.labels?.team, className, urn);
    });
  }

  it("nothing that a class makes is left beside its component", () => {
    const beside = held.filter(
      ({ urn, type, custom }) =>
        custom &&
        !type.startsWith("pulumi:providers:") &&
        !classes.flatMap(under).some((one) => one.urn === urn),
    );
    assert.deepEqual(
      beside.map(({ urn }) => urn.split("::").at(-1)),
      [sshKeyName],
    );
  });

  it("aliases: a component of every class has a new name, and nothing that it made is made again", async () => {
    make("new", "old");
    assert.deepEqual(await running.plan(), []);
  });

  it("without them, all of it would be made a second time", async () => {
    make("new");
    const created = (await running.plan()).filter(({ op }) => op === "create").map(({ name }) => name);
    const again = classes
      .flatMap(under)
      .map(({ urn }) => (urn.split("::").at(-1) ?? "").replace(/^old/, "new"));
    assert.deepEqual(
      again.filter((name) => !created.includes(name)),
      [],
    );
  });
});
