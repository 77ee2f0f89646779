import { anyReplicaHeader } from "../../setup/site";
import type { WebOptions } from "./options";

/**
 * Who asks. What a header says of a visitor counts when a load balancer has sent it, and from nobody else, whatever
 * the host firewall lets through.
 */
export function visitorMaps({ loadBalancers }: WebOptions): string {
  return `
  real_ip_header X-Forwarded-For;
${loadBalancers.map((address) => `  set_real_ip_from ${address};`).join("\n")}
  geo $realip_remote_addr $from_balancer {
    default "";
${loadBalancers.map((address) => `    ${address} 1;`).join("\n")}
  }
  map "$from_balancer|$http_x_forwarded_proto" $visitor_scheme {
    default http;
    "1|https" https;
  }
  map "$from_balancer|$http_x_forwarded_port" $visitor_port {
    default $server_port;
    "~^1\\|(?<told_port>\\d{1,5})$" $told_port;
  }
  map "$from_balancer|$http_x_request_id" $visit_id {
    default $request_id;
    "~^1\\|(?<told_id>[0-9a-f-]{32,36})$" $told_id;
  }
  # The load balancers know of no machine that is ready, so that any replica may answer.
  map "$from_balancer|$http_x_platform_any_replica" $any_replica {
    default "";
    "1|yes" yes;
  }`;
}

/** What the application is told of a visitor, and of nobody else. */
export const visitorHeaders = `
  proxy_set_header Host $http_host;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $visitor_scheme;
  proxy_set_header X-Forwarded-Port $visitor_port;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Request-ID $visit_id;
  proxy_set_header ${anyReplicaHeader} $any_replica;
  proxy_set_header Forwarded "";
  # A password of a protected path is for this machine, not for the application.
  proxy_set_header Authorization $authorization;
  # Answers are compressed here, once for all that are kept.
  proxy_set_header Accept-Encoding "";
  proxy_set_header X-Platform-Service $kept_service;`;
