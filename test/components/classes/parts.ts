// A program of somebody who puts every class of the package next to the others, each with options of his own.
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { storeEnvironments } from "../../../components/credentials";
import {
  AppNodes,
  type Bastion,
  ContainerMachines,
  DatabaseNode,
  deployKey,
  LoadBalancerPair,
  Machine,
  type MachineContext,
  MachineGroup,
  Network,
  Platform,
  type PlatformSettings,
  parseSettings,
  planPlatform,
  StorageNode,
} from "../../../components/index";
import {
  addressesOf,
  appArgs,
  containerArgs,
  databaseArgs,
  pairArgs,
  storageArgs,
} from "../../../components/narrow";
import { onlyMachineOf } from "../../../components/plan/plan";
import type { UserRoleSettings } from "../../../components/settings/userRole";
import { startingPoint } from "../../../scripts/settingChanges/changes";
import { image, type StackApi } from "../../support/engineStack";

/** The only resource of the program that no class makes. */
export const sshKeyName = "parts-key";

/** What the program gives the component of a class besides its arguments. */
export type OptionsOf = (className: string) => pulumi.ComponentResourceOptions;

const container = { image: image("example/own") };
const role = (subnet: string) => ({ serverType: "cx23", subnet, containers: { own: container } });
const settings = parseSettings(
  {
    ...startingPoint,
    environment: "parts",
    app: { ...(startingPoint.app as object), count: 1 },
    roles: { own: role("10.0.20.0/24"), single: role("10.0.21.0/24"), several: role("10.0.22.0/24") },
  },
  "parts",
);
const plan = planPlatform(settings);
/** They name digests already. */
const pinned = (reference: string) => pulumi.output(reference);
const secrets = { signingKey: "one" };

/** @param nameOf name of the component of a class */
export function makeParts(nameOf: (className: string) => string, optionsOf: OptionsOf, api: StackApi): void {
  new Platform(
    nameOf("Platform"),
    { settings: parseSettings({ ...startingPoint, environment: "whole" }, "whole"), ...api, secrets },
    optionsOf("Platform"),
  );
  const { context, common } = ground(nameOf("Network"), optionsOf("Network"));
  const pair = new LoadBalancerPair(
    nameOf("LoadBalancerPair"),
    pairArgs(settings, plan, common, api),
    optionsOf("LoadBalancerPair"),
  );
  const { bastion } = pair;
  const database = new DatabaseNode(
    nameOf("DatabaseNode"),
    databaseArgs(settings, plan, { ...common, bastion }, image("elasticsearch")),
    optionsOf("DatabaseNode"),
  );
  const logins = { backup: database.backup, restore: database.restore };
  const behind = { ...common, bastion };
  const storage = new StorageNode(
    nameOf("StorageNode"),
    storageArgs(settings, plan, behind, { objectStoreImage: image("store"), database: logins }),
    optionsOf("StorageNode"),
  );
  const programs = { stores: storeEnvironments(database, storage), secrets };
  new AppNodes(nameOf("AppNodes"), appArgs(settings, plan, behind, programs, pinned), optionsOf("AppNodes"));
  new ContainerMachines(
    nameOf("ContainerMachines"),
    containerArgs(settings, plan, ["own", ownRoleOf(settings)], behind, programs, pinned),
    optionsOf("ContainerMachines"),
  );
  makeOthers(nameOf, optionsOf, { ...context, bastion });
}

/** Machines whose software the program chooses itself. */
function makeOthers(
  nameOf: (className: string) => string,
  optionsOf: OptionsOf,
  shared: MachineContext & { readonly bastion: Bastion },
): void {
  const own = { serverType: "cx23", ...shared };
  new Machine(
    nameOf("Machine"),
    { ...own, address: onlyMachineOf(plan, "single").privateIp, hostname: "parts-single", setup: {} },
    optionsOf("Machine"),
  );
  new MachineGroup(
    nameOf("MachineGroup"),
    { ...own, addresses: addressesOf(plan, "several"), hostname: "parts-several", setup: {} },
    optionsOf("MachineGroup"),
  );
}

function ownRoleOf({ roles }: PlatformSettings): UserRoleSettings {
  const own = roles?.own;
  if (own === undefined) throw new Error("the settings name the role");
  return own;
}

/** What the parts stand on: a network of the package, and a key that nobody keeps. */
function ground(networkName: string, opts: pulumi.ComponentResourceOptions) {
  const { publicKey, privateKey } = deployKey(Buffer.alloc(32, 7).toString("base64"), "parts");
  const network = new Network(
    networkName,
    { ...settings.network, ...plan.network, name: "parts", natGateway: "10.0.1.11" },
    opts,
  );
  const sshKey = new hcloud.SshKey(sshKeyName, { name: "parts", publicKey });
  const access = { sshKey: sshKey.id, privateKey: pulumi.secret(privateKey) };
  const { location, image: system, environment } = settings;
  const machines = { ...access, location, image: system, labels: { environment } };
  const joined = { id: network.networkId, range: settings.network.range };
  const context: MachineContext = { ...machines, network: joined };
  return { context, common: { ...context, environment } };
}
