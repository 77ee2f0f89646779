"""Previews a program that has nothing of ours but the generated SDK, and prints what the engine would make."""

import json
import os
import sys

import pulumi
import pulumi_hetzner_platform as platform
from pulumi import automation


def program() -> None:
    network = platform.Network(
        "net",
        range="10.0.0.0/16",
        zone="eu-central",
        subnets={"edge": "10.0.1.0/24"},
        nat_gateway=pulumi.Output.from_input("10.0.1.11"),
    )
    pair = platform.LoadBalancerPair(
        "shop",
        location="nbg1",
        network=platform.PrivateNetworkArgs(id=network.network_id, range="10.0.0.0/16"),
        addresses=["10.0.1.11", "10.0.1.12"],
        server_type="cx23",
        ssh_key="deploy",
        private_key=pulumi.Output.secret("key"),
        admin_ranges=["203.0.113.7/32"],
        domain="www.example.com",
        engine=platform.EdgeEngine.NGINX,
        backends=[platform.BackendArgs(name="web1", address=pulumi.Output.from_input("10.0.1.21"), health_path="/up")],
        api_token=pulumi.Output.secret("t" * 64),
        opts=pulumi.ResourceOptions(depends_on=[network]),
    )
    pulumi.export("virtualIp", pair.virtual_ip)
    login = platform.DatabaseLoginArgs(user="dumper", password=pulumi.Output.secret("one"))
    storage = platform.StorageNode(
        "media",
        location="nbg1",
        network=platform.PrivateNetworkArgs(id=network.network_id, range="10.0.0.0/16"),
        address="10.0.4.11",
        server_type="cx33",
        ssh_key="deploy",
        private_key=pulumi.Output.secret("key"),
        bastion=platform.BastionArgs(host=pair.virtual_ip, host_key="ssh-ed25519 AAAA"),
        clients=[pulumi.Output.from_input("10.0.1.21")],
        bulk=platform.BulkBackend.STORAGE_BOX,
        bulk_gb=1000,
        database=platform.DatabaseToBackUpArgs(
            address=pulumi.Output.from_input("10.0.3.11"), backup=login, restore=login
        ),
    )
    pulumi.export("s3Endpoint", storage.s3_endpoint)
    if os.environ.get("WRONG"):
        platform.LoadBalancerPair(
            "wrong",
            location="nbg1",
            network=platform.PrivateNetworkArgs(id=1, range="10.0.0.0"),
            addresses=["10.0.1.11"],
            server_type="cx23",
            ssh_key="deploy",
            private_key="key",
            admin_ranges=["203.0.113.7"],
            domain="www.example.com",
            backends=[],
            api_token="t",
        )


def main() -> None:
    made: list[dict[str, str]] = []

    def note(event: automation.EngineEvent) -> None:
        if event.resource_pre_event is None:
            return
        metadata = event.resource_pre_event.metadata
        new = metadata.new
        parent = new.parent.split("::")[-1] if new else ""
        made.append({"op": str(metadata.op), "type": metadata.type, "name": metadata.urn.split("::")[-1], "parent": parent})

    stack = automation.create_or_select_stack(
        "test",
        project_name="foreign",
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=os.getcwd(),
            env_vars={"PULUMI_BACKEND_URL": f"file://{os.getcwd()}", "PULUMI_CONFIG_PASSPHRASE": "foreign"},
        ),
    )
    stack.preview(on_event=note, on_output=lambda line: print(line, file=sys.stderr))
    print(json.dumps(made))


main()
