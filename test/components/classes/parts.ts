// A program of somebody who puts every class of the package next to the others, each with options of his own.
import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
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
  WebNodes,
} from "../../../components/index";
import { addressesOf } from "../../../components/machine/surroundings";
import { onlyMachineOf } from "../../../components/plan/plan";
import { appArgs } from "../../../components/roles/app/definition";
import { containerArgs } from "../../../components/roles/container/definition";
import { databaseArgs, offersOfDatabase } from "../../../components/roles/database/definition";
import { pairArgs } from "../../../components/roles/edge/definition";
import { offersOfStorage, storageArgs } from "../../../components/roles/storage/definition";
import { webArgs } from "../../../components/roles/web/definition";
import { usualWebSettings } from "../../../components/roles/web/settings";
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
    web: { serverType: "cx23" },
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
  // Each without the platform around it.
  const alone = { wide: settings, platform: { plan }, common, inputs: { ...api, secrets } };
  const images = { resolveImage: pinned, registries: pulumi.output([]) };
  const first = { ...alone, ...images, offers: {} };
  const pair = new LoadBalancerPair(
    nameOf("LoadBalancerPair"),
    pairArgs(settings.edge, first),
    optionsOf("LoadBalancerPair"),
  );
  const { bastion } = pair;
  const behind = { ...first, offers: { bastion: { bastion } } };
  const database = new DatabaseNode(
    nameOf("DatabaseNode"),
    databaseArgs(settings.database, behind),
    optionsOf("DatabaseNode"),
  );
  const withDatabase = { ...behind.offers, ...offersOfDatabase(database, settings.database) };
  const storage = new StorageNode(
    nameOf("StorageNode"),
    storageArgs(settings.storage, { ...behind, offers: withDatabase }),
    optionsOf("StorageNode"),
  );
  const stores = { ...behind, offers: { ...withDatabase, ...offersOfStorage(storage) } };
  new AppNodes(nameOf("AppNodes"), appArgs(settings.app, stores), optionsOf("AppNodes"));
  new ContainerMachines(
    nameOf("ContainerMachines"),
    containerArgs(["own", ownRoleOf(settings)], stores),
    optionsOf("ContainerMachines"),
  );
  new WebNodes(nameOf("WebNodes"), webArgs(settings.web ?? usualWebSettings, stores), optionsOf("WebNodes"));
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
