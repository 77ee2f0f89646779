import { readFileSync } from "node:fs";
import { local, remote } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const config = new pulumi.Config();

const password = new random.RandomPassword("password", { length: 24, special: false });
const pet = new random.RandomPet("pet", { length: 2 });

const greeting = new remote.Command("greeting", {
  connection: {
    host: "127.0.0.1",
    port: config.requireNumber("sshPort"),
    user: process.env.USER ?? "root",
    privateKey: readFileSync(config.require("keyFile"), "utf8"),
    hostKey: config.require("hostKey"),
  },
  create: "sha256sum | cut -c1-64",
  stdin: password.result,
  triggers: [config.require("trigger")],
  addPreviousOutputInEnv: false,
  logging: remote.Logging.None,
});

const here = new local.Command("here", { create: 'printf %s "$NAME"', environment: { NAME: pet.id } });

// No Docker daemon is needed to ask a registry.
const registry = new docker.Provider("registry", {
  host: "unix:///nonexistent/docker.sock",
  disableDockerDaemonCheck: true,
});
const image = docker.getRegistryImageOutput({ name: config.require("image") }, { provider: registry });

export const imageDigest = image.sha256Digest;
export const digest = greeting.stdout;
export const name = here.stdout;
export const petName = pet.id;
export const secret = password.result;

/** As `runtime.options` in Pulumi.yaml calls it. */
export const title = process.title;
