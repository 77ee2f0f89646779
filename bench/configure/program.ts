// The program whose `pulumi up` is measured: machines of this package, as a program of somebody else would make them.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { Machine } from "../../components/machine/machine";
import { desiredState } from "./desired";
import type { Order } from "./order";
import { setupOf } from "./setup";

const order = JSON.parse(readFileSync(process.env.BENCH_ORDER ?? "", "utf8")) as Order;

for (const [index, name] of order.names.entries()) {
  new Machine(name, {
    location: order.location,
    network: { id: order.networkId, range: order.range },
    address: order.addresses[index] ?? "",
    serverType: "cx23",
    sshKey: order.sshKey,
    privateKey: pulumi.secret(order.privateKey),
    isPublic: true,
    setup: order.edition === undefined ? {} : setupOf(desiredState(order.edition)),
  });
}
