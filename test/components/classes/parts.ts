// A program of somebody who puts every class of the package next to the others, each with options of his own.
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import { storeEnvironments } from "../../../components/credentials";
import {
  AppNodes,
  ContainerMachines,
  DatabaseNode,
  deployKey,
  LoadBalancerPair,
  Machine,
  type MachineContext,
  MachineGroup,
  Network,
  Platform,
  type PrivateRoleArgs,
  parseSettings,
  planPlatform,
  StorageNode,
} from "../../../components/index";
import { addressesOf, databaseArgs, pairArgs } from "../../../components/narrow";
import { onlyMachineOf } from "../../../components/plan/plan";
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
const shop = image("example/shop");
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
  const { backup, restore } = database;
  const shared = { settings, plan, context, bastion };
  const storage = new StorageNode(
    nameOf("StorageNode"),
    { ...shared, serverType: "ccx13", objectStoreImage: image("store"), backup, restore },
    optionsOf("StorageNode"),
  );
  const app = { serverType: "ccx13", images: { web: shop }, traefikImage: image("traefik"), secrets };
  new AppNodes(
    nameOf("AppNodes"),
    { ...shared, ...app, stores: storeEnvironments(database, storage) },
    optionsOf("AppNodes"),
  );
  makeOthers(nameOf, optionsOf, shared);
}

/** Machines whose software the program chooses itself. */
function makeOthers(
  nameOf: (className: string) => string,
  optionsOf: OptionsOf,
  shared: Omit<PrivateRoleArgs, "serverType">,
): void {
  const { context, bastion } = shared;
  const own = { serverType: "cx23", ...context, bastion };
  new ContainerMachines(
    nameOf("ContainerMachines"),
    { ...shared, serverType: "cx23", role: "own", images: { own: container.image } },
    optionsOf("ContainerMachines"),
  );
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
