import type { HostCall } from "./memoryHost";
import type { TestCloud } from "./testCloud";

/** Holds every host call, or those of these methods, until the function that it answers is called. */
export function hold(cloud: Pick<TestCloud, "host">, ...methods: HostCall["method"][]): () => void {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  cloud.host.gate = ({ method }) =>
    methods.length === 0 || methods.includes(method) ? released : Promise.resolve();
  return () => {
    cloud.host.gate = async () => undefined;
    release();
  };
}
