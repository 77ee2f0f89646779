// A role as somebody adds it: all of its folder. `index.test.ts` puts it into a copy of the components.
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { machineBase } from "../../../../components/machine/base";
import { machineContext } from "../../../../components/machine/machinesArgs";
import { defineRole, type WideWith } from "../../../../components/machine/roleDefinition";
import { createMachines, groupOutputs } from "../../../../components/machine/roleMachines";
import { orderedAs, privateArgs, type Surroundings } from "../../../../components/machine/surroundings";
import { type MachinePlan, machinesOf } from "../../../../components/plan/plan";
import type { Role } from "../../../../components/plan/role";
import { hostName, imageReference, secretText } from "../../../../components/settings/leaves";
import {
  completeSize,
  type SizeInput,
  sizeRule,
  sizeShape,
} from "../../../../components/settings/machineSize";
import type { RoleSettings } from "../../../../components/settings/roleSettings";
import { containerSetup } from "../../../../components/setup/container";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import type { MachineSize } from "../../../../components/sizing/resolve";

export interface MailSettings extends MachineSize {
  /** Host that takes all mail onwards. */
  readonly smarthost: string;
}

const smtpPort = 25;
const mailOffer = "mail";
const defaultSize = { vcpus: 2, memoryGb: 4 };

const schema = z
  .strictObject({
    ...sizeShape(defaultSize),
    smarthost: hostName("smtp.example.com").describe("Host that takes all mail onwards"),
  })
  .transform((values): MailSettings => ({ ...values, ...completeSize(values, defaultSize) }))
  .optional()
  .meta({ description: "The relay for mail", fallback: "no relay" });

const mailSettings: RoleSettings<"postbox", MailSettings | undefined, SizeInput<"postbox">> = {
  name: "postbox",
  schema,
  rules: [sizeRule("postbox")],
};

const mailImages = { postfix: imageReference().describe("Postfix").default("example/postfix:3.10") };

const mailSecrets = {
  smarthostPassword: secretText((value) => value !== "", "a password", "set it")
    .meta({ description: "Password at postbox.smarthost", fallback: "none" })
    .optional(),
};

function mailRole(section: MailSettings, postfix: string): Role {
  return {
    name: "postbox",
    title: "Mail Relay",
    machineTitle: "Mail Relay",
    count: 1,
    size: section,
    isPublic: false,
    parts: [
      {
        name: "postfix",
        title: `Postfix, on to ${section.smarthost}`,
        image: postfix,
        listens: [{ protocol: "tcp", port: smtpPort, from: ["needers", "app"], purpose: "outgoing mail" }],
        offers: [mailOffer],
      },
    ],
  };
}

/** One private machine that takes mail from the others. */
class MailRelay extends pulumi.ComponentResource {
  readonly serverIds: pulumi.Output<number[]>;
  readonly configured: pulumi.Output<string[]>;

  constructor(
    name: string,
    section: MailSettings,
    surroundings: Surroundings<WideWith<typeof mailImages>>,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("hetzner-platform:index:MailRelay", name, {}, opts);
    const { wide, platform } = surroundings;
    const args = privateArgs(surroundings);
    const machines = machinesOf(platform.plan, "postbox");
    const made = createMachines(
      name,
      {
        machines,
        serverType: orderedAs(section, wide).serverType,
        context: machineContext(name, args, platform),
        bastion: args.bastion,
        setup: (machine) => setupOf(machine, section, surroundings),
      },
      this,
    );
    const { serverIds, configured } = groupOutputs(machines, made);
    this.serverIds = serverIds;
    this.configured = configured;
    this.registerOutputs({ serverIds, configured });
  }
}

function setupOf(
  machine: MachinePlan,
  section: MailSettings,
  { wide, platform, inputs, resolveImage }: Surroundings<WideWith<typeof mailImages>>,
) {
  const password = pulumi.secret(inputs.roleSecrets?.smarthostPassword ?? "");
  return pulumi.all([resolveImage(wide.images.postfix), password]).apply(([image, smarthostPassword]) =>
    mergeSetups(
      machineBase(machine, platform.plan, wide),
      dockerSetup({ registryMirror: wide.images.registryMirror }),
      containerSetup({
        name: "postfix",
        image,
        network: { address: machine.privateIp },
        environment: { SMARTHOST: section.smarthost },
        secretEnvironment: { SMARTHOST_PASSWORD: smarthostPassword },
      }),
    ),
  );
}

export const postboxDefinition = defineRole({
  ...mailSettings,
  images: mailImages,
  secrets: mailSecrets,
  settled: {
    "postbox.smarthost": {
      read: ({ postbox }) => postbox?.smarthost,
      effect: () => "queued mail would be sent to another host",
      remedy: (before) => `set it back to ${before}`,
    },
  },
  role: (section, { images }) => mailRole(section, images.postfix),
  create: (section, surroundings, { name, parent }) => {
    const relay = new MailRelay(name, section, surroundings, { parent });
    const [machine] = machinesOf(surroundings.platform.plan, "postbox");
    return {
      component: relay,
      serverIds: relay.serverIds,
      configured: relay.configured,
      offers: { [mailOffer]: { environment: { SMTP_URL: `smtp://${machine?.privateIp}:${smtpPort}` } } },
    };
  },
});
