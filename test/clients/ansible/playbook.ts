// The playbook: each module creates, finds nothing to do, changes, tries and removes.
import { stringify } from "yaml";
import { type AnsibleModule, ansibleReaders } from "./modules";

export interface Expectation {
  /** Name of the task. */
  readonly task: string;
  readonly changed: boolean;
}

interface Task extends Expectation {
  readonly module: string;
  readonly args: object;
  readonly check?: boolean;
  readonly register?: string;
}

/** The tasks, in order. */
export function tasksOf(modules: readonly AnsibleModule[]): readonly Task[] {
  const made = modules.flatMap(({ module, present, change }): Task[] => [
    { task: `${module}: would create`, module, args: present, changed: true, check: true },
    // Others name what this one answered: `floating_ip.hcloud_floating_ip.ip`.
    { task: `${module}: create`, module, args: present, changed: true, register: module },
    { task: `${module}: again`, module, args: present, changed: false },
    ...(change === undefined
      ? []
      : [{ task: `${module}: update`, module, args: { ...present, ...change }, changed: true }]),
  ]);
  const read = ansibleReaders.map(
    ({ module, args }): Task => ({ task: `${module}: read`, module, args, changed: false }),
  );
  const removed = [...modules].reverse().map(
    ({ module, present }): Task => ({
      task: `${module}: remove`,
      module,
      args: { ...present, state: "absent" },
      changed: true,
    }),
  );
  return [...made, ...read, ...removed];
}

/** The token comes from the environment: a playbook is a file. */
export function playbookOf(tasks: readonly Task[], endpoint: string): string {
  const play = {
    hosts: "localhost",
    connection: "local",
    gather_facts: false,
    // One that fails shall not hide what the others do.
    ignore_errors: true,
    module_defaults: { "group/hetzner.hcloud.all": { api_endpoint: endpoint } },
    tasks: tasks.map(({ task, module, args, check, register }) => ({
      name: task,
      [`hetzner.hcloud.${module}`]: args,
      ...(check && { check_mode: true }),
      ...(register !== undefined && { register }),
    })),
  };
  return stringify([play]);
}
